"""Invoices that the operator loads: Factur-X and plain PDF files."""
