"""The measurements of the quality goals, by one command: `make bench`."""
