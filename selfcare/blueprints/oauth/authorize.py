"""A client sends somebody here: they sign in, the contract is settled, the client gets its code.

OpenID Connect Core 3.1.2. The checked request is a row whose name travels through the sign-in
pages (CONSOLE-5); the person's contract is the one whose button they clicked, or their choice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from selfcare.blueprints.oauth.posted import again_by_get
from selfcare.blueprints.oauth.remembered import Remembered
from selfcare.database import db, writes
from selfcare.extensions import csrf
from selfcare.forms.oauth import ContinueForm
from selfcare.models import Contract, OidcRequest, WishState, now
from selfcare.services.oidc import grants, keys, requests
from selfcare.services.oidc.requests import Answer, Refused, UnknownClient
from selfcare.services.users.places import Place, console_places_of
from selfcare.web import headers, rendering
from selfcare.web.access import current_account, current_sign_in, public, signed_in

bp = Blueprint("oauth", __name__)

CLICKED = "console"
"""Where the session keeps the contract whose console button was clicked, and when."""
CLICK_GOOD_FOR = timedelta(minutes=15)


@bp.route("/oauth/authorize", methods=["GET", "POST"])
@public("clients send people here; they sign in on the way")
@writes
def authorize() -> ResponseReturnValue:
    """Check the request, then lead on: to the client at once, or by way of our pages."""
    if again := again_by_get():
        return again
    try:
        waiting = requests.check(request.args.to_dict(flat=False))
    except UnknownClient:
        return rendering.page("oauth/unknown.html"), 400
    except Refused as refusal:
        return _refuse(refusal.answer, refusal.error, refusal.description)
    return _proceed(waiting)


csrf.exempt(authorize)  # another site's form: it is only asked again


@bp.get("/oauth/continue/<name>")
@public("who is not signed in is sent to sign in")
@writes
def proceed(name: str) -> ResponseReturnValue:
    """The same request again, after signing in; a page that waits asks whether it can go on."""
    waiting = requests.waiting(name)
    if "HX-Request" in request.headers:
        return _lead_on(waiting)
    return _proceed(waiting) if waiting else _too_old()


@bp.post("/oauth/continue/<name>")
@signed_in
def choose(name: str) -> ResponseReturnValue:
    """The contract was chosen, or what the client learns was allowed or refused."""
    waiting = requests.waiting(name)
    if waiting is None:
        return _too_old()
    form = ContinueForm()
    if not form.validate_on_submit():
        return _proceed(waiting)
    if form.refused.data:
        return _refuse_waiting(waiting, "access_denied", "the person said no")
    chosen = form.contract.data or ""
    return Remembered.CHOICE.keep(_proceed(waiting, chosen=chosen, allowed=True), chosen)


def _lead_on(waiting: OidcRequest | None) -> ResponseReturnValue:
    """Nothing, while the page that asks has nothing else to show; then have it loaded anew."""
    here = None
    if waiting and not _problem_of_sign_in(waiting):
        here = _settled(waiting, _places(waiting), None)
    if here and here.console and here.console.state in {WishState.QUEUED, WishState.RUNNING}:
        return Response(status=204)
    return Response(status=204, headers={"HX-Redirect": request.path})


def _proceed(
    waiting: OidcRequest, *, chosen: str | None = None, allowed: bool = False
) -> ResponseReturnValue:
    """One step further, or the answer."""
    silent = "none" in waiting.prompt.split()
    if problem := _problem_of_sign_in(waiting):
        if silent:
            return _refuse_waiting(waiting, "login_required", problem)
        return _to_sign_in(waiting)
    places = _places(waiting)
    if not places:
        return _refuse_waiting(waiting, "access_denied", "no console role on this contract")
    here = _settled(waiting, places, chosen)
    if here is None or not (allowed or waiting.client.trusted):
        if silent:
            return _refuse_waiting(waiting, "interaction_required", "there is a choice to make")
        return _ask(waiting, places, preferred=here)
    console = here.console
    if console is None or not console.is_settled or console.is_disabled:
        if silent:
            return _refuse_waiting(waiting, "interaction_required", "the account is not ready")
        remember_click(here.contract)  # a choice, too, holds when the page asks again
        return _keep(waiting, rendering.page("oauth/not_ready.html", here=here, waiting=waiting))
    return _let_in(waiting, here.contract_id)


def _problem_of_sign_in(waiting: OidcRequest) -> str | None:
    if not current_user.is_authenticated:
        return "nobody is signed in"
    if requests.wants_new_sign_in(waiting, current_sign_in()):
        return "the sign-in is too old"
    if not requests.is_for(waiting, current_account()):
        return "somebody else is signed in"
    return None


def _to_sign_in(waiting: OidcRequest) -> Response:
    requests.keep(waiting)
    db.session.commit()
    again = "1" if current_user.is_authenticated else None
    target = url_for(".proceed", name=waiting.name)
    return redirect(url_for("auth.login", next=target, again=again), code=303)


def _places(waiting: OidcRequest) -> list[Place]:
    """The contracts the person may enter the console for, by this client."""
    return [
        here
        for here in console_places_of(current_account().id)
        if waiting.client.contract_id in {None, here.contract_id}
    ]


def _settled(waiting: OidcRequest, places: list[Place], chosen: str | None) -> Place | None:
    """The contract that was chosen or clicked, or the only one there is."""
    by_ref = {here.ref: here for here in places}
    if chosen is not None:
        return by_ref.get(chosen)
    clicked = session.get(CLICKED) or {}
    if clicked.get("ref") in by_ref and not _stale(clicked):
        return by_ref[clicked["ref"]]
    if len(places) == 1 and "select_account" not in waiting.prompt.split():
        return places[0]
    return None


def remember_click(contract: Contract) -> None:
    """The console button of this contract was clicked: the request that follows is for it."""
    session[CLICKED] = {"ref": contract.ref, "at": now().isoformat()}


def _stale(clicked: dict[str, str]) -> bool:
    return now() - datetime.fromisoformat(clicked["at"]) > CLICK_GOOD_FOR


def _ask(
    waiting: OidcRequest, places: list[Place], *, preferred: Place | None
) -> ResponseReturnValue:
    """The page that asks for which contract, and whether the client may know."""
    headers.allow_forms_to(waiting.redirect_uri)
    return _keep(
        waiting,
        rendering.page(
            "oauth/continue.html",
            waiting=waiting,
            places=places,
            preferred=preferred,
            last=Remembered.CHOICE.read(),
        ),
    )


def _keep(waiting: OidcRequest, page: str) -> ResponseReturnValue:
    """Show a page of this request, which goes on waiting."""
    requests.keep(waiting)
    db.session.commit()
    return headers.no_store(page)


def _let_in(waiting: OidcRequest, contract_id: int) -> ResponseReturnValue:
    answer = requests.answer_of(waiting)
    if not requests.take(waiting):
        return _too_old()
    session.pop(CLICKED, None)
    given = grants.give(waiting, sign_in=current_sign_in(), contract_id=contract_id)
    db.session.commit()
    return _send(answer, given)


def _refuse_waiting(waiting: OidcRequest, error: str, description: str) -> ResponseReturnValue:
    answer = requests.answer_of(waiting)
    requests.take(waiting)
    db.session.commit()
    return _refuse(answer, error, description)


def _refuse(answer: Answer, error: str, description: str) -> ResponseReturnValue:
    return _send(answer, {"error": error, "error_description": description})


def _send(answer: Answer, given: dict[str, str]) -> ResponseReturnValue:
    """The answer to the client, with our name in it (RFC 9207)."""
    fields = {**given, "iss": keys.issuer()}
    if answer.state is not None:
        fields["state"] = answer.state
    if answer.response_mode == "form_post":
        headers.allow_forms_to(answer.redirect_uri)
        page = rendering.page("oauth/form_post.html", address=answer.redirect_uri, fields=fields)
        return headers.no_store(page)
    joint = "&" if urlsplit(answer.redirect_uri).query else "?"
    return headers.no_store(redirect(f"{answer.redirect_uri}{joint}{urlencode(fields)}", code=303))


def _too_old() -> ResponseReturnValue:
    return rendering.page("oauth/too_old.html"), 410
