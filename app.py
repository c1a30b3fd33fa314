"""WSGI and command-line entry: `gunicorn app:app`, `flask …`."""

import gc

gc.disable()  # what is loaded stays: to look for garbage in it is a sixth of the start

import sys  # noqa: E402

from selfcare import cli, create_app  # noqa: E402
from selfcare.config import BadSetting  # noqa: E402

try:
    app = create_app()
except BadSetting as problem:
    # A sentence for whoever runs gunicorn, worker, cron or a command; a traceback helps nobody.
    sys.exit(f"The portal does not start with this setting. {problem}")
cli.init_app(app, {"demo": "demo.cli:demo"})
gc.freeze()
gc.enable()
