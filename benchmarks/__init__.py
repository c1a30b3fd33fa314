"""What quality.md measures, by one command: `make bench`."""
