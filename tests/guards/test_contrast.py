"""Every colour an operator may set gives text that can be read, light and dark (WCAG 1.4.3)."""

from __future__ import annotations

import re
from itertools import product

import pytest

from selfcare.config.rules import brand_color
from selfcare.web.assets import STYLES

Colour = tuple[float, ...]
SHEET = (STYLES / "colours.css").read_text()
ROOTS = re.findall(r":root \{([^}]*)\}", SHEET)
GREY = ("--page", "--card", "--raised")
NOTICES = ("--good-bg", "--warn-bg", "--bad-bg", "--info-bg")


def colour(text: str) -> Colour:
    return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))


def contrast(one: Colour, other: Colour) -> float:
    def light(value: Colour) -> float:
        shares = [c / 255 for c in value]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def named(root: str) -> dict[str, Colour]:
    """The plain colours of a block; `#fff` written short as well."""
    found = re.findall(r"(--[\w-]+): (#[0-9a-f]{3,6});", root)
    return {
        name: colour(value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:]))
        for name, value in found
    }


def mixed(root: str, brand: Colour) -> dict[str, Colour]:
    """What `color-mix()` makes of the operator's colour."""
    made = {}
    for name, percent, other in re.findall(
        r"(--[\w-]+): color-mix\(in srgb, var\(--brand\) (\d+)%, (#[0-9a-f]{3,6})\)", root
    ):
        share, [base] = int(percent) / 100, named(f"--x: {other};").values()
        made[name] = tuple(b * share + o * (1 - share) for b, o in zip(brand, base, strict=True))
    return made


BRANDS = [
    text
    for r, g, b in product(range(0, 256, 51), repeat=3)
    if brand_color(text := f"#{r:02x}{g:02x}{b:02x}") is None
]


def test_design_the_settings_accept_many_colours_and_refuse_others():
    assert 40 < len(BRANDS) < 6**3
    assert brand_color("#ffd400") == (
        "too light, white text on it cannot be read (contrast under 4.5:1, WCAG 1.4.3)"
    )
    assert brand_color("blue") == "a colour like #0b5cad is needed"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_design_text_can_be_read_with_every_colour_that_is_accepted(dark):
    light_root, dark_root, light_mix, dark_mix = ROOTS
    plain = named(light_root) | (named(dark_root) if dark else {})
    for text in BRANDS:
        brand = colour(text)
        found = plain | mixed(light_mix, brand) | (mixed(dark_mix, brand) if dark else {})
        fill = found["--link"] if dark else brand
        pairs = [("--link", ground) for ground in (*GREY, *NOTICES, "--soft")]
        pairs += [("--text", "--soft"), ("--muted", "--soft")]
        for ink, ground in pairs:
            assert contrast(found[ink], found[ground]) >= 4.5, (text, ink, ground)
        assert contrast(fill, found["--on-fill"]) >= 4.5, text
        assert contrast(brand, (255, 255, 255)) >= 4.5, "the band"
