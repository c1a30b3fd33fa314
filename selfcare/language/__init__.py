"""Words and how they are written: languages, names, dates, money, templates."""
