"""People's accounts: finding them, signing in, passwords, second factors."""
