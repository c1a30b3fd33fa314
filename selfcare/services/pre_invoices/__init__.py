"""What a month will cost: worked out, drawn, kept."""
