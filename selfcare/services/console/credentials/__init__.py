"""API passwords and keys of the console: who may have one, and making it so."""
