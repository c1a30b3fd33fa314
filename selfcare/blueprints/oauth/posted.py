"""Another site's form carries no session: what it asks is asked again by GET."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import redirect, request, url_for
from werkzeug.wrappers import Response


def again_by_get() -> Response | None:
    """To the same address with the fields of the form; None if it was asked by GET."""
    if request.method != "POST":
        return None
    query = urlencode(list(request.form.items(multi=True)))
    return redirect(f"{url_for(str(request.endpoint))}?{query}", code=303)
