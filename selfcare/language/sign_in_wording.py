"""Why somebody stands at the sign-in page, as a sentence."""

from __future__ import annotations

from enum import StrEnum

from selfcare.language import _


class Why(StrEnum):
    """All reasons there are; a session that ended is named as `sign_ins.Fate` names it."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    TOO_OLD = "too_old"
    ENDED = "ended"
    KEPT = "kept"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (not a password)
    EMAIL_CONFIRMED = "email_confirmed"
    CODE_LATE = "code_late"
    AGAIN = "again"
    CONSOLE = "console"
    PAGE = "page"


def sentence(why: Why) -> str:
    """It, in the language in force."""
    return {
        Why.SIGNED_OUT: _("You are signed out."),
        Why.IDLE: _("Your session has ended: you had opened no page for a while."),
        Why.TOO_OLD: _("Your session has ended: it lasts only so long, whatever you do."),
        Why.ENDED: _("Your session was ended, from “My sessions” or by a new password."),
        Why.KEPT: _("Your session has ended. What you typed is kept: sign in, then send it."),
        Why.PASSWORD_CHANGED: _("Your password is changed; a mail confirms it. Sign in with it."),
        Why.EMAIL_CONFIRMED: _("Your new email address is confirmed. Sign in to go on."),
        Why.CODE_LATE: _("The code came too late: give your password once more."),
        Why.AGAIN: _("The application that you come from asks you to sign in once more."),
        Why.CONSOLE: _("Sign in to go on to the technical console."),
        Why.PAGE: _("Sign in to open the page you asked for."),
    }[why]
