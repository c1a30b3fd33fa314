"""« À faire »: what waits for somebody, on one contract or on all of theirs (DASH-2, HOME-5)."""
