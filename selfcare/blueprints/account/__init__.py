"""« Mon compte »: routes below /account."""
