"""Usage reports that the operator loads."""
