"""Every list the portal shows: one module per list, the mechanism in `query`."""
