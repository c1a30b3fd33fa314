"""Pages of staff, below `/staff`, and the way out of a visit (STAFF-1 to STAFF-8)."""
