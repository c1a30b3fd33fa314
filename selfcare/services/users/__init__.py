"""Who is a member of which contract, with which roles."""
