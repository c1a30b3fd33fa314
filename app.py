"""WSGI and command-line entry: `gunicorn app:app`, `flask …`."""

from selfcare import create_app

app = create_app()
