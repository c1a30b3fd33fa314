"""Every module of routes is registered, under a name that says where it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from selfcare import blueprints


@pytest.mark.once
def test_design_every_module_of_routes_is_registered_under_its_name():
    """A blueprint is called like its module, its package and module, or its package's first."""
    folder = Path(blueprints.__file__).parent
    files = {
        ".".join(path.relative_to(folder).with_suffix("").parts): path.read_text()
        for path in folder.rglob("*.py")
    }
    named = {
        module: found[1]
        for module, text in files.items()
        if (found := re.search(r'^bp = Blueprint\(\s*"(\w+)"', text, re.MULTILINE))
    }
    assert set(named) == set(blueprints.MODULES)
    assert len(blueprints.MODULES) == len(set(blueprints.MODULES))
    for module, called in named.items():
        package, _, own = module.rpartition(".")
        assert called in {own, f"{package}_{own}", package}, module
