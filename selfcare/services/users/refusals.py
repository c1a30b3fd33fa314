"""Why a change to a contract's users is not made; `wording.USER_REFUSAL` says each by its name."""

from __future__ import annotations


class Refusal(Exception):
    """Any of these."""


class LoginTaken(Refusal):
    """Somebody else has that login."""


class AlreadyMember(Refusal):
    """The person of this email is a user of the contract already."""


class NotForStaff(Refusal):
    """Support staff are nobody's users."""


class ReferentStays(Refusal):
    """The referent can neither be removed nor lose the section « Utilisateurs »."""


class NotOneself(Refusal):
    """Nobody removes themselves or takes the section « Utilisateurs » from themselves."""


class NoEnd(Refusal):
    """The referent's access has no last day, and nobody sets that of their own."""


class EndIsPast(Refusal):
    """The last day is over."""


class ChangedMeanwhile(Refusal):
    """Somebody else changed these roles since the form was opened."""


class GoneMeanwhile(Refusal):
    """Somebody else has just removed this user."""


class MailOnItsWay(Refusal):
    """The mail that is asked for once more has not left yet."""


class RoleNeeded(Refusal):
    """A console user has at least one console role."""


class ReferentsOwn(Refusal):
    """The referent's roles are changed by the referent or an operator (USERS-5)."""


class RightLost(Refusal):
    """Whoever asked for it may no longer do it: a right counts when something is done."""
