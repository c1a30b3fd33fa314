"""What a contract spends: the blocks of the dashboard and of the invoices' page."""
