"""The offers' logos: they become part of the sprite of icons, and so cost no request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = {"g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "title"}
LARGEST = 4096
"""Bytes of one logo: all of them come with every page's icons."""


class BadLogo(ValueError):
    """A file that cannot be shown as an icon; the text says why."""


def offer_logos(folder: Path) -> str | None:
    """A folder of logos that can be shown, or what is wrong with it."""
    if not folder.is_dir():
        return "no such folder"
    try:
        list(symbols(folder))
    except (BadLogo, OSError) as problem:
        return str(problem)
    return None


def symbols(folder: Path) -> Iterator[tuple[str, str]]:
    """The code of each offer that has a logo, and the logo as a symbol of the sprite.

    Raises:
        BadLogo: one of them cannot be shown.
    """
    ET.register_namespace("", _SVG.strip("{}"))
    for path in sorted(folder.glob("*.svg")):
        drawing = _read(path)
        symbol = ET.Element(f"{_SVG}symbol", {"id": f"offer-{path.stem}"})
        kept = {k: v for k, v in drawing.attrib.items() if k not in {"id", "width", "height"}}
        symbol.attrib.update(kept)
        symbol.extend(drawing)
        text = ET.tostring(symbol, encoding="unicode")
        yield path.stem, text.replace(f' xmlns="{_SVG.strip("{}")}"', "")


def _read(path: Path) -> ET.Element:
    if path.stat().st_size > LARGEST:
        raise BadLogo(f"{path.name} has more than {LARGEST} bytes")
    if not re.fullmatch(r"[a-z0-9-]{1,32}", path.stem):
        raise BadLogo(f"{path.name} is not named after an offer's code")
    try:
        drawing = ET.fromstring(path.read_bytes())  # noqa: S314 (the operator's own file)
    except ET.ParseError as problem:
        raise BadLogo(f"{path.name} cannot be read: {problem}") from None
    if drawing.tag != f"{_SVG}svg" or "viewBox" not in drawing.attrib:
        raise BadLogo(f"{path.name} is not an <svg> with a viewBox")
    for part in drawing.iter():
        name = str(part.tag).removeprefix(_SVG)
        if part is not drawing and name not in _SHAPES:
            raise BadLogo(f"{path.name} has a <{name}>: only shapes with plain colours are shown")
        for key, value in part.attrib.items():
            if key == "style" or key.startswith("on") or "href" in key or "url(" in value:
                raise BadLogo(f"{path.name} has a {key}: only shapes with plain colours are shown")
    return drawing
