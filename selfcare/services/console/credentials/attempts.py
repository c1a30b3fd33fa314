"""How often an API password may be tried: fewer times than the console itself would lock (API-5).

One brake for every page that asks for it: API Login, a new access key, an application credential.
"""

from __future__ import annotations

from selfcare import config
from selfcare.models import Account, Contract
from selfcare.services.mail import bursts
from selfcare.services.mail.kinds import credentials as mails
from selfcare.services.safety import throttling
from selfcare.services.safety.browsers import Browser


def of_account(account_id: int, contract_id: int) -> throttling.Brake:
    """Whatever name was given, wherever it came from; `release` it once the password was right."""
    return throttling.of_subject("api-account", f"{account_id}|{contract_id}", _limits())


def failed(account: Account, contract: Contract, *, ip: str) -> None:
    """The password of a try that was counted is wrong; on a burst its owner is told."""
    if of_account(account.id, contract.id).exhausted():
        bursts.tell_owner(mails.wrong_api_passwords, account, contract=contract, ip=ip)


def of_name(company_account: str, user_name: str) -> throttling.Brake:
    """The same for a name that may be nobody's."""
    return throttling.of_subject("api", f"{company_account}|{user_name}", _limits())


def of_address(browser: Browser) -> throttling.Brake:
    """Whoever they are for."""
    return throttling.of_address(browser, _limits(), kind="api-address")


def _limits() -> str:
    return config.current().throttle_api
