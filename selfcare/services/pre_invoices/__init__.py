"""The cost of a month to come: worked out, drawn, kept."""
