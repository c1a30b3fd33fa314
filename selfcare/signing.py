"""Signatures of values that browsers and mails keep for us."""

from __future__ import annotations

import hashlib

SIGNED_WITH = {"digest_method": hashlib.sha256}
"""For itsdangerous, which takes SHA-1 if it is not told."""
