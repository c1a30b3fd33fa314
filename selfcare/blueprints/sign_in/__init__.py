"""Signing in, and getting back in: routes for everybody."""
