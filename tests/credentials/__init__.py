"""API passwords, access keys and application credentials: chapter 6 of the guide."""
