"""Extensions: created here, bound to the application in `create_app`."""

from __future__ import annotations

from flask import Response
from flask_babel import Babel
from flask_compress import Compress
from flask_login import LoginManager
from flask_mail import Mail
from flask_wtf import CSRFProtect

from selfcare.database import db


class CompressAll(Compress):
    """Compresses refusals, too: a form with its mistakes is as long as the form."""

    def after_request(self, response: Response | None) -> Response:
        """The library looks at answers of 200 to 299 only."""
        if response is None or response.status_code < 400:
            return super().after_request(response)
        status, response.status_code = response.status, 200
        answer = super().after_request(response)
        answer.status = status
        return answer


babel = Babel()
compress = CompressAll()
csrf = CSRFProtect()
login_manager = LoginManager()
mail = Mail()

__all__ = ["babel", "compress", "csrf", "db", "login_manager", "mail"]
