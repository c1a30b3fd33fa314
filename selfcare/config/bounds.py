"""How often something may be tried, and what a password needs."""

from __future__ import annotations

from dataclasses import dataclass

from selfcare.config import rules
from selfcare.config.fields import setting


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Brakes, passwords, captchas, the door of staff."""

    # Sign-in throttling (AUTH-6)
    throttle_account: str = setting(
        "5 per minute; 10 per 10 minutes; 20 per hour; 60 per day",
        "Failed sign-ins allowed per account; several windows make the delay grow.",
        check=rules.limits,
    )
    throttle_address: str = setting(
        "30 per minute; 100 per 10 minutes; 300 per hour",
        "Failed sign-ins allowed per network address (IPv6: per /64).",
        check=rules.limits,
    )

    throttle_code: str = setting(
        "5 per minute; 10 per 10 minutes; 20 per hour; 60 per day",
        "Wrong two-factor codes allowed per account; recovery codes per account and network"
        " address.",
        check=rules.limits,
    )
    throttle_api: str = setting(
        "3 per 15 minutes",
        "Tries of an API password, per account and network address; fewer than the console allows.",
        check=rules.limits,
    )
    throttle_api_code: str = setting(
        "5 per 10 minutes; 12 per hour; 40 per day",
        "Codes mailed for API passwords and keys, per account and contract.",
        check=rules.limits,
    )
    throttle_recovery: str = setting(
        "3 per 10 minutes; 6 per hour; 12 per day",
        "Mails with a password link or a login, per login or mail address asked for; mails to"
        " confirm a new address, per account and address; access requests, per account.",
        check=rules.limits,
    )
    throttle_recovery_address: str = setting(
        "20 per 10 minutes; 60 per hour", "The same per network address.", check=rules.limits
    )
    throttle_captcha: str = setting(
        "60 per minute; 600 per hour",
        "Captchas and their images, per network address.",
        check=rules.limits,
    )
    throttle_captcha_sound: str = setting(
        "6 per minute; 60 per hour", "Captchas read aloud, per network address.", check=rules.limits
    )
    throttle_strangers: str = setting(
        "40 per hour; 120 per day",
        "Addresses and logins of people of other customers, per manager who adds users.",
        check=rules.limits,
    )
    throttle_find: str = setting(
        "60 per minute; 1000 per hour",
        "Searches of the field in the header, per account.",
        check=rules.limits,
    )
    throttle_staff_people: str = setting(
        "200 per day",
        "People whose page a staff member opens, each once a day. Beyond, an error is logged.",
        check=rules.limits,
    )
    throttle_export: str = setting(
        "20 per minute; 200 per hour", "Lists and one's data as files.", check=rules.limits
    )

    # Rules of passwords, ways of captchas
    password_min_length: int = setting(
        8, "Shortest password; 10 or more is the « strong » level.", check=rules.between(8, 64)
    )
    captcha_question: bool = setting(
        True, "Offer a plain question to those who can use neither image nor sound of a captcha."
    )

    # The pages of staff: STAFF-5
    staff_networks: str = setting(
        "",
        "Networks that the pages of staff may be opened from, like `192.0.2.0/24, 2001:db8::/32`;"
        " from everywhere if unset.",
        check=rules.networks,
    )
    staff_session_hours: int = setting(
        8, "Hours after which staff sign in again.", check=rules.between(1, 24)
    )
    staff_idle_minutes: int = setting(
        30, "Minutes without a page after which staff sign in again.", check=rules.between(15, 240)
    )
