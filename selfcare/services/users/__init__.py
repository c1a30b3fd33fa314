"""The members of contracts, with their roles."""
