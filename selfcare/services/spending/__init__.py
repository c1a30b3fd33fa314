"""The spending of a contract: the blocks of the dashboard and of the invoices' page."""
