"""The portal with one route more: the bare one that all others are compared with."""

from __future__ import annotations

from selfcare import create_app

app = create_app()


@app.get("/bare")
def bare() -> str:
    """As little as a route of this application can do: no database, no template."""
    return "hello"
