"""Extensions: created here, bound to the application in `create_app`."""

from __future__ import annotations

from flask_babel import Babel
from flask_compress import Compress
from flask_login import LoginManager
from flask_mail import Mail
from flask_wtf import CSRFProtect

from selfcare.database import db

babel = Babel()
compress = Compress()
csrf = CSRFProtect()
login_manager = LoginManager()
smtp = Mail()

__all__ = ["babel", "compress", "csrf", "db", "login_manager", "smtp"]
