"""The settings, their checks, and how they are read."""

from __future__ import annotations

from selfcare.config.folders import ROOT, VAR
from selfcare.config.for_flask import LARGEST_REQUEST, bind, current, flask_config
from selfcare.config.loading import doubtful, load
from selfcare.config.rules import BadSetting
from selfcare.config.settings import Settings

__all__ = [
    "LARGEST_REQUEST",
    "ROOT",
    "VAR",
    "BadSetting",
    "Settings",
    "bind",
    "current",
    "doubtful",
    "flask_config",
    "load",
]
