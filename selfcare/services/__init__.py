"""The verbs of the domain: they know no request, raise named refusals, flush, never commit."""
