"""The portal with one more route, the bare one, which all others are compared with.

`BENCH_ROWS` makes its lists longer, to be compared with another product's.
"""

from __future__ import annotations

import os

from selfcare import create_app
from selfcare.lists.addresses import ListAddresses

ListAddresses.page_size = int(os.environ.get("BENCH_ROWS", ListAddresses.page_size))
app = create_app()


@app.get("/bare")
def bare() -> str:
    """Answer without database and template: the least a route of this application can do."""
    return "hello"
