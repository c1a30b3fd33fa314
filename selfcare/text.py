"""Text that people type or paste, as it is kept: only what somebody can see.

Names, companies, labels, logins and messages all pass here. A name made of characters that nobody
sees is empty, and one that turns the text round hides whose it is.
"""

from __future__ import annotations

import re
import unicodedata

# Unicode's Default_Ignorable_Code_Point without the joiners below, and the braille blank.
# U+FFFD, the last of its line, stands where a character was lost.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufff8\ufffd"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# They shape the character before them (Persian, Indic scripts, variants of Japanese names, emoji).
_JOINERS = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_IDLE_JOINERS = re.compile(rf"(?:(?<=\s)|^)[{_JOINERS}]+|(?<=[{_JOINERS}])[{_JOINERS}]+")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _seen(text: str) -> str:
    """Composed (« é » typed as two characters is one), without what nobody sees."""
    return unicodedata.normalize("NFC", _IDLE_JOINERS.sub("", _UNSEEN.sub("", text)))


def one_line(text: str) -> str:
    """A name: one line, single blanks, none at the ends; nothing that no database keeps (NUL)."""
    return _BLANK.sub(" ", _seen(_BLANK.sub(" ", text))).strip()


def lines(text: str) -> str:
    """A message: its lines and blanks stay, what no database and no mail can hold goes."""
    return _seen(_CONTROL.sub("", text.replace("\r\n", "\n"))).strip()
