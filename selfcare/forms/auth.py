"""Forms of the pages before signing in."""

from __future__ import annotations

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms.validators import DataRequired, InputRequired, Length

from selfcare.forms.bounded import SecretField, TextField
from selfcare.forms.fields import trimmed

REQUIRED = Markup('Champ obligatoire – <span lang="en">Required field</span>')
TOO_LONG = Markup('Trop long – <span lang="en">Too long</span>')


class SignInForm(FlaskForm):
    """Login and password; the page is bilingual whatever the language (AUTH-1)."""

    login = TextField(
        Markup('Identifiant – <span lang="en">Login</span>'),
        [DataRequired(REQUIRED), Length(max=254, message=TOO_LONG)],
        filters=[trimmed],
    )
    password = SecretField(
        Markup('Mot de passe – <span lang="en">Password</span>'),
        [InputRequired(REQUIRED), Length(max=1024, message=TOO_LONG)],
    )
