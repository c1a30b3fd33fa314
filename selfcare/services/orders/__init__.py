"""Placing orders, carrying them out, what they lead to."""
