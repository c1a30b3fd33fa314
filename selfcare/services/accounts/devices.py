"""The name of a browser, in words: « Firefox · Windows » (AUTH-7, « Mes sessions »)."""

from __future__ import annotations

import re
from functools import lru_cache

_BROWSERS = (  # the first that is found; most of them claim to be others, too
    ("w3m", r"^w3m"),
    ("Lynx", r"^Lynx"),
    ("Links", r"^E?Links"),
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("KaiOS", r"KAIOS"),
    ("Linux", r"Linux|X11"),
)


@lru_cache(maxsize=1024)
def describe(user_agent: str) -> str:
    """Browser and system; empty where neither is known."""
    found = (
        next((name for name, pattern in names if re.search(pattern, user_agent)), "")
        for names in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(part for part in found if part)
