"""Words and how they are written: languages, names, dates, money, templates.

Python says its texts by `_`, or by `_l` where the reader is not known yet.
"""

from __future__ import annotations

from selfcare.language.i18n import gettext as _
from selfcare.language.i18n import lazy as _l

__all__ = ["_", "_l"]
