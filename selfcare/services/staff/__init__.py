"""Support: who they are, what they find, their visits to customers, their notes (STAFF-1 to -8)."""
