"""Brakes, seals, signatures and the audit log."""
