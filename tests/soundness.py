"""What holds on every page of the portal, looked at in one walk through it.

A search by CSS selector for each rule walked each page twenty times: most of a test's time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bs4 import BeautifulSoup, Tag

INLINE = {"style", "onclick", "onchange", "data-hx-on"}
HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]


def check_part(soup: BeautifulSoup, text: str) -> None:
    """A page or a part of one: no inline code, labels, forms that can be sent and have a token."""
    tags = soup.find_all(True)
    for tag in tags:
        _check_code(tag)
        _check_enhancement(tag)
    ids = Counter(tag["id"] for tag in tags if tag.has_attr("id"))
    assert not [name for name, count in ids.items() if count > 1], ids.most_common(3)
    assert "&lt;/span" not in text, "markup that is shown as text"
    assert not re.search(r"<[^>]*\shx-", text), "HTML knows data-hx-… only"
    _check_controls(tags)
    for tag in tags:
        if tag.name == "form":
            _check_form(tag)
        if tag.name == "section":
            assert tag.find(HEADINGS), f"no heading: {tag}"


def check_whole(soup: BeautifulSoup, text: str) -> None:
    """A whole page: one heading, the landmarks, a title, no template left open."""
    tags = soup.find_all(True)
    for what, count in {
        "h1": sum(tag.name == "h1" for tag in tags),
        "html[lang]": sum(tag.name == "html" and tag.has_attr("lang") for tag in tags),
        "main > div#main": sum(
            tag.name == "div" and tag.get("id") == "main" and _parent(tag) == "main" for tag in tags
        ),
        "a.skip": sum(tag.name == "a" and "skip" in _words(tag, "class") for tag in tags),
    }.items():
        assert count == 1, f"{count} × {what}"
    [title] = [tag for tag in tags if tag.name == "title" and _parent(tag) == "head"]
    assert title.get_text(strip=True)
    assert "{{" not in text
    assert "%(" not in text


def _check_code(tag: Tag) -> None:
    assert INLINE.isdisjoint(tag.attrs), f"inline code: {tag}"
    assert tag.name not in {"style", "dialog", "template"}, tag
    assert not tag.has_attr("hidden"), tag
    assert tag.name != "script" or tag.has_attr("src"), f"inline code: {tag}"
    assert tag.name != "a" or tag.has_attr("href"), f"leads nowhere: {tag}"


def _check_enhancement(tag: Tag) -> None:
    if tag.has_attr("data-hx-get") or tag.has_attr("data-hx-post"):
        assert tag.get("data-hx-get") != "", "an empty hx-get doubles the query"
        assert tag.name in {"a", "form", "input", "button"}, f"htmx alone: {tag}"


def _check_controls(tags: Sequence[Tag]) -> None:
    labelled = {tag["for"] for tag in tags if tag.name == "label" and tag.has_attr("for")}
    for tag in tags:
        if tag.name in {"input", "select", "textarea"} and not _is_input(tag, "hidden"):
            assert tag.get("id") in labelled, f"no label: {tag}"
        if _is_input(tag, "hidden"):  # there it says what the value is (HTML)
            assert tag.get("autocomplete") not in {"on", "off"}, tag
        if tag.name == "select" and tag.has_attr("required"):
            first = tag.find(True, recursive=False)
            # HTML wants a required choice to begin with an empty one
            assert not first or first.name != "option" or first.get("value") == "", tag


def _check_form(form: Tag) -> None:
    assert form.get("action") is not None or form.get("method"), f"no action: {form}"
    inside = form.find_all(["button", "input"])
    assert any(tag.name == "button" or _is_input(tag, "submit") for tag in inside), (
        f"no button: {form}"
    )
    if str(form.get("method", "get")).lower() == "post":
        ours = not str(form.get("action", "")).startswith(("http:", "https:"))
        has_token = any(tag.name == "input" and tag.get("name") == "csrf_token" for tag in inside)
        # a token sent to somebody else's address is given away
        assert has_token is ours, f"token: {form}"


def _is_input(tag: Tag, kind: str) -> bool:
    return tag.name == "input" and str(tag.get("type", "")).lower() == kind


def _words(tag: Tag, attribute: str) -> list[str]:
    return tag.get_attribute_list(attribute)


def _parent(tag: Tag) -> str:
    return tag.parent.name if tag.parent else ""
