"""Horizon with its static files, for gunicorn in Horizon's own virtualenv."""

import os
import sys

sys.argv = sys.argv[:1]  # oslo.config would read gunicorn's options

from openstack_dashboard.wsgi import application as horizon
from whitenoise import WhiteNoise

application = WhiteNoise(horizon, root=os.environ["STATIC_FOLDER"], prefix="static/")
