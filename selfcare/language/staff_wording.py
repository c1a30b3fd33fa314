"""The words of staff pages and of visits for what the code names (STAFF-2, STAFF-5, STAFF-6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from selfcare.language import _, _l, wording
from selfcare.language.i18n import reader
from selfcare.models import Visit, now
from selfcare.rights import StaffRole, VisitPolicy

STAFF_ROLE: Mapping[str, Any] = {
    StaffRole.SUPPORT: _l("support"),
    StaffRole.OPERATOR: _l("operator"),
    StaffRole.AUDITOR: _l("auditor"),
}

VISIT_POLICY: Mapping[str, Any] = {
    VisitPolicy.NOTICE: _l("Allowed; you are told by mail when a visit begins"),
    VisitPolicy.APPROVAL: _l("Allowed once you have approved it"),
    VisitPolicy.CLOSED: _l("Closed, but for an emergency that a second person of support confirms"),
}

VISIT_POLICY_TOLD: Mapping[str, Any] = {
    VisitPolicy.NOTICE: _l("allowed; the person and the referent are told by mail"),
    VisitPolicy.APPROVAL: _l("allowed once the referent has approved"),
    VisitPolicy.CLOSED: _l("closed, but for an emergency that a second person of support confirms"),
}
"""The same for staff, who are not the ones that are told."""

VISIT_KIND: Mapping[str, Any] = {
    "notice": _l("with notice"),
    "approval": _l("after the referent’s approval"),
    "emergency": _l("emergency"),
    "invitation": _l("on invitation"),
}

VISIT_REFUSAL: Mapping[str, Any] = {
    "role": _l("Your roles do not allow visits."),
    "nested": _l("You are visiting somebody already: leave that visit first."),
    "too_many": _l("You have begun too many visits in the last 24 hours."),
    "closed": _l("The referent has closed this contract to visits."),
    "member": _l("This person is not a member of the contract."),
    "lapsed": _l("It was answered, begun or has lapsed in the meantime."),
    "second_person": _l("A second person of support has to confirm an emergency."),
    "referent": _l("Only the referent answers this."),
    "code": _l("This code is wrong, used or too old: ask the customer for a new one."),
}
"""Why a visit does not begin."""

VISIT_LOCKED: Mapping[str, Any] = {
    "read_only": _l("A visit changes nothing: only the customer can do this."),
    "own": _l("This page is the customer’s alone: profile, passwords, second factor, sign-in."),
    "console": _l("The console opens for its own users only, not for a visit."),
    "ordering": _l("Only the customer orders."),
    "changes": _l("Only the customer changes users and their roles."),
    "documents": _l("Documents stay with the customer."),
    "exports": _l("Lists cannot be taken away as files."),
    "other_contract": _l("This visit is to another contract."),
}
"""Why a page stays closed to a visit."""

WHY_NOT: Mapping[str, Any] = {
    "no_password": _l("This person has not set a password yet: they cannot sign in."),
    "disabled": _l("This account is disabled: an operator can enable it."),
    "no_member": _l(
        "This person is not a member of the contract %(ref)s: a manager of its users can add them."
    ),
    "no_profile": _l(
        "Their profile in the section “%(section)s” is “%(held)s”; it takes “%(wanted)s”."
        " The referent can give it: %(referent)s."
    ),
    "asked": _l("They asked for this access on %(when)s; nobody has answered yet."),
    "no_console_role": _l(
        "They have no role in the technical console. The referent can give one: %(referent)s."
    ),
    "console_not_ready": _l("Their console account is not ready: %(problem)s"),
    "console_barred": _l(
        "Their account was disabled or deleted in the console itself."
        " A manager of the users can restore it on their page."
    ),
    "offer_without_console": _l("The offer %(offer)s has no technical console."),
    "no_ece": _l(
        "They have no account on the application this leads to."
        " An operator notes it once it exists."
    ),
    "no_document_space": _l("The offer %(offer)s has no document space."),
}
"""Why somebody does not see a page, and who can change it."""

HAPPENING: Mapping[str, Any] = {
    "sign_ins": _l("Sign-ins"),
    "account": _l("Account"),
    "users": _l("Users and rights"),
    "console": _l("Technical console"),
    "documents": _l("Documents"),
    "contract": _l("Contract"),
    "mails": _l("Mails"),
    "orders": _l("Orders"),
    "visits": _l("Visits"),
    "notes": _l("Notes"),
}

MAIL_STATE: Mapping[str, Any] = {
    "queued": _l("waiting"),
    "running": _l("being sent"),
    "done": _l("sent"),
    "failed": _l("given up"),
}


class _Reason(Protocol):
    code: str
    values: dict[str, Any]


def why_not(reason: _Reason) -> str:
    """A reason of `services.staff.why`, as a sentence."""
    values = dict(reason.values)
    if reason.code == "no_profile":
        values["section"] = wording.SECTION[values["section"]]
        values["held"] = wording.PROFILE[values["held"]]
        values["wanted"] = wording.profiles_that_would_do(values["rule"])
    if reason.code == "asked":
        values["when"] = reader().moment(values["when"])
    if reason.code == "console_not_ready":
        values["problem"] = (
            wording.console_problem(values["problem"])
            if values["problem"]
            else _("it is being prepared.")
        )
    return str(WHY_NOT[reason.code]) % values


def visit_state(visit: Visit) -> str:
    """How far a visit is, in words."""
    if visit.begun_at is None and (visit.ended_at is not None or visit.expires_at <= now()):
        return _("lapsed")
    if visit.begun_at is None and visit.answered_at is not None:
        return _("allowed") if visit.allowed else _("refused")
    if visit.begun_at is None:
        return _("asked for")
    if visit.ended_at is None and visit.expires_at > now():
        return _("going on")
    return _("ended after %(minutes)s min") % {"minutes": visit_minutes(visit)}


def visit_minutes(visit: Visit) -> int:
    """How long it lasted, or has lasted so far; begun minutes count."""
    end = visit.ended_at or min(visit.expires_at, now())
    return max(1, -(-int((end - (visit.begun_at or end)).total_seconds()) // 60))


def minutes_left(end: datetime) -> int:
    """The minutes until then, rounded up."""
    return -(-seconds_left(end) // 60)


def seconds_left(end: datetime) -> int:
    """The seconds until then."""
    return max(0, int((end - now()).total_seconds()))
