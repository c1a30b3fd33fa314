"""WSGI and command-line entry: `gunicorn app:app`, `flask …`."""

import sys

from demo.cli import demo
from selfcare import create_app
from selfcare.cli.checking import telling_what_lacks
from selfcare.config import BadSetting

try:
    app = create_app()
except BadSetting as problem:
    # A sentence for whoever runs gunicorn, worker, cron or a command; a traceback helps nobody.
    sys.exit(f"The portal does not start with this setting. {problem}")
app.cli.add_command(demo)
telling_what_lacks(demo)
