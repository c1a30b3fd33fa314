"""Contracts, their customers and offers: opened and changed by an operator (STAFF-3)."""
