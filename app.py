"""WSGI and command-line entry: `gunicorn app:app`, `flask …`."""

from demo.cli import demo
from selfcare import create_app

app = create_app()
app.cli.add_command(demo)
