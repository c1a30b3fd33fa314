"""What must be filled in is marked one way in all forms: an asterisk, and one sentence (DESIGN)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import Tag
from flask import Flask

from tests.browsing import Browser, Page
from tests.guards.test_routes import address, rules

__all__ = ["address"]  # a fixture

LEGEND = "* This field is required."
OTHERS = {"hidden", "submit", "checkbox", "radio", "search", "button"}


def fields(form: Tag) -> Iterator[tuple[Tag, Tag]]:
    """The controls that a form asks somebody to fill in, with their labels."""
    for control in form.select("input, select, textarea"):
        label = form.select_one(f'label[for="{control.get("id")}"]')
        if control.get("type") not in OTHERS and label and control.find_parent(class_="field"):
            yield control, label


def faults(page: Page) -> Iterator[str]:
    for form in page.all("main form"):
        marks = []
        for control, label in fields(form):
            marked = label.select_one(".must") is not None
            needed = control.has_attr("required") or control.get("aria-required") == "true"
            if marked is not needed:
                yield f"{control.get('id')}: marked {marked}, needed {needed}"
            marks.append(marked)
        marks += [True] * len(form.select("legend .must"))
        said = [one for one in form.select("p.hint") if LEGEND in one.get_text()]
        if len(set(marks)) == 2 and len(said) != 1:
            yield f"{form.get('action')}: says {len(said)} times what the asterisk means"
        if len(said) > 1 or (said and not any(marks)):
            yield f"{form.get('action')}: explains a mark that is not there"
        either = any(label.get_text().endswith(" **") for _, label in fields(form))
        if either is not any(" ** " in one.get_text() for one in form.select("p.hint")):
            yield f"{form.get('action')}: ** stands at its labels, or is explained, not both"


@pytest.mark.once
def test_design_what_must_be_filled_in_is_marked_one_way(app: Flask, address, cast, browse_as):
    pages = [address(rule) for rule in rules(app, "GET")]
    paul, stranger = browse_as("paul.dupont"), Browser(app)
    paul.post("/account/language", {"locale": "en"})
    found, seen = [], 0
    for path in pages:
        for browser in (stranger, paul):
            page = browser.get(path)
            if page.status == 200 and page.response.mimetype == "text/html":
                seen += len(page.all("main form .must"))
                found += [f"{path}: {fault}" for fault in faults(page)]
    assert seen > 30
    assert sorted(set(found)) == []
