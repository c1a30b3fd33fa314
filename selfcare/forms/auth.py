"""Forms of the pages before signing in."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

BILINGUAL_REQUIRED = "Champ obligatoire – Required field"


class SignInForm(FlaskForm):
    """Login and password; the page is bilingual whatever the language (AUTH-1)."""

    login = StringField(
        "Identifiant – Login",
        [DataRequired(BILINGUAL_REQUIRED), Length(max=254, message="Trop long – Too long")],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )
    password = PasswordField(
        "Mot de passe – Password",
        [InputRequired(BILINGUAL_REQUIRED), Length(max=1024, message="Trop long – Too long")],
    )
