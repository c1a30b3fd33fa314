"""Static files: fingerprinted, compressed beforehand, served by WhiteNoise before Flask wakes up.

At start each file of `selfcare/static/` is written once, under a name that holds its content's
hash, to `ASSETS_DIR`. The stylesheet is put together from `selfcare/styles/` and takes the brand
colour on the way; the logo may be replaced. Browsers may keep these names for ever.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from flask import Flask
from rjsmin import jsmin
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from selfcare.config import BadSetting, Settings, logos
from selfcare.web.headers import HEADERS, transport_headers

SOURCE = Path(__file__).parents[1] / "static"
STYLES = Path(__file__).parents[1] / "styles"
SHEETS = (
    *("colours", "base", "page", "blocks", "staff", "buttons", "forms", "steps"),
    *("lists", "charts", "rows", "screens", "print"),
)
"""Later sheets win over earlier ones."""
PREFIX = "static/"
_FOR_FILES = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy", "X-Frame-Options")
_IN_DARK = "@media (prefers-color-scheme: dark) {"
_COMPRESSED = {".css", ".js", ".svg", ".txt"}


def init_app(app: Flask, settings: Settings) -> None:
    """Publish the files and put WhiteNoise in front of the application."""
    try:
        published = publish(settings)
    except OSError as problem:
        raise BadSetting(
            f"ASSETS_DIR={str(settings.assets_dir)!r}: {problem.strerror or problem}"
            f" ({problem.filename}); another user's folder? Name one of your own."
        ) from None
    file_headers = {name: HEADERS[name] for name in _FOR_FILES} | transport_headers(settings)

    def add_headers(headers: MutableMapping[str, str], _path: str, _url: str) -> None:
        for name, value in file_headers.items():  # WhiteNoise's mapping has no `update`
            headers[name] = value

    app.extensions["assets"] = published
    drawn = logos.symbols(settings.offer_logos) if settings.offer_logos else ()
    app.extensions["offer_logos"] = frozenset(code for code, _symbol in drawn)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(_folder(settings)),
        prefix=PREFIX,
        immutable_file_test=lambda _path, _url: True,
        max_age=31_536_000,
        allow_all_origins=False,
        add_headers_function=add_headers,
    )


def _folder(settings: Settings) -> Path:
    """One folder per set of contents, so that two versions of the portal never mix."""
    digest = hashlib.sha256()
    for name, content in _contents(settings).items():
        digest.update(name.encode() + b"\0" + content)
    return settings.assets_dir / digest.hexdigest()[:16]


def _contents(settings: Settings) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in sorted(SOURCE.iterdir()) if path.is_file()}
    for name, content in files.items():
        if name.endswith(".js") and not name.endswith(".min.js"):
            files[name] = jsmin(content)
    for name, scheme in (("app", None), ("app-light", "light"), ("app-dark", "dark")):
        files[f"{name}.css"] = _stylesheet(settings, scheme).encode()
    if settings.offer_logos:
        added = "".join(symbol for _code, symbol in logos.symbols(settings.offer_logos))
        sprite = files["icons.svg"].decode().replace("</svg>", f"{added}</svg>")
        files["icons.svg"] = sprite.encode()
    if settings.brand_logo:
        files.pop("logo.svg", None)
        files["logo" + settings.brand_logo.suffix] = settings.brand_logo.read_bytes()
    return files


def _stylesheet(settings: Settings, scheme: str | None) -> str:
    """All sheets as one line without comments, for browsers of any age.

    With a `scheme`, "light" or "dark", it is that one's whatever the device prefers.

    Before each declaration with variables stands the same one with their plain values, which is
    all that browsers without custom properties understand.
    """
    css = "\n".join((STYLES / f"{name}.css").read_text() for name in SHEETS)
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s*\n\s*", "\n", css)
    for name, color in (("brand", settings.brand_color), ("band", settings.brand_band)):
        css = re.sub(rf"--{name}: #\w+", f"--{name}: {color}", css, count=1)
    if scheme:
        css = _of_scheme(css, scheme)
    values = dict(re.findall(r"(--[\w-]+): ([^;]+);", css[: css.index("@")]))

    def plain(declaration: str) -> str:
        while "var(" in declaration:
            declaration = re.sub(r"var\((--[\w-]+)\)", lambda name: values[name[1]], declaration)
        return declaration

    with_variables = r"(?<=[;{]\n)[a-z][a-z-]*:[^;{}]*var\([^;{}]*;"
    return re.sub(with_variables, lambda found: plain(found[0]) + found[0], css).replace("\n", "")


def _of_scheme(css: str, scheme: str) -> str:
    """The sheet with the colours of one scheme, where it leaves the choice to the device."""
    css = css.replace("color-scheme: light dark", f"color-scheme: {scheme}")
    while (at := css.find(_IN_DARK)) >= 0:
        inner = end = at + len(_IN_DARK)
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        css = css[:at] + (css[inner : end - 1] if scheme == "dark" else "") + css[end:]
    return css


def publish(settings: Settings) -> Mapping[str, str]:
    """Write what is not there yet; return each file's address by its plain name.

    Safe from several processes at once: a file appears whole or not at all.
    """
    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    compressor = Compressor(quiet=True)
    addresses: dict[str, str] = {}
    for name, content in _contents(settings).items():
        stem, suffix = os.path.splitext(name)
        path = folder / f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
        addresses[name] = f"/{PREFIX}{path.name}"
        if suffix == ".png":
            addresses.setdefault(f"{stem}.svg", addresses[name])
        if not path.exists():
            if suffix in _COMPRESSED:
                _compress(compressor, folder, path.name, content)
            _write(path, content)
    return addresses


def _compress(compressor: Compressor, folder: Path, name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as workplace:
        source = Path(workplace) / name
        source.write_bytes(content)
        for made in compressor.compress(str(source)):
            os.replace(made, folder / Path(made).name)


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)
