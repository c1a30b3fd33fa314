"""Background work, and what may go wrong with it."""
