"""The catalogue and ordering: routes below /contracts/<ref>/services."""
