"""What holds for everything, checked over everything."""
