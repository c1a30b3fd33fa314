"""The cloud console's accounts: what is wanted there, and making it so."""
