"""API passwords, access keys and application credentials: the pages of chapter 6."""
