"""The stand-in's pages: who is in which group, and forms that change it past the portal.

So that the demo can show drift: make a group here, take somebody out of one, delete an account.
"""

from __future__ import annotations

from flask import Blueprint, render_template_string, request
from flask.typing import ResponseReturnValue

from demo.console.api import state
from demo.console.state import Refused

bp = Blueprint("pages", __name__)

PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Console technique (démonstration)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/console.css"><link rel="icon" href="data:,"></head><body><main>
<h1>Console technique – démonstration</h1>
<p>Une doublure de la console : ce que l’IAM sait de chaque contrat. Ce que vous changez ici est un
écart que l’espace client remarquera.</p>
{% for domain in domains %}
<section><h2>{{ domain.name }}</h2>
<table>
<tr><th scope="col">Compte</th><th scope="col">Groupes</th><th scope="col">Modifier</th>
<th scope="col">Supprimer</th></tr>
{% for user, groups in domain.users %}
<tr><td>{{ user.name }}<br><small>{{ user.email }}</small></td><td>{% for group in groups %}
<form method="post" action="/leave"><input type="hidden" name="group" value="{{ group.id }}">
<input type="hidden" name="user" value="{{ user.id }}">{{ group.name }}
<button>retirer</button></form>{% else %}aucun{% endfor %}</td>
<td><form method="post" action="/change-user">
<input type="hidden" name="user" value="{{ user.id }}">
<label>Nom <input name="name" value="{{ user.name }}"></label>
<label>Email <input name="email" value="{{ user.email }}"></label>
<label><input type="checkbox" name="enabled"{{ " checked" if user.enabled }}> actif</label>
<button>modifier</button></form></td>
<td><form method="post" action="/delete-user">
<input type="hidden" name="user" value="{{ user.id }}">
<button>supprimer {{ user.name }}</button></form></td></tr>
{% else %}<tr><td colspan="4">Aucun compte.</td></tr>{% endfor %}</table>
<ul>{% for group in domain.groups %}<li>{{ group.name }}
<form method="post" action="/delete-group">
<input type="hidden" name="group" value="{{ group.id }}">
<button>supprimer le groupe</button></form></li>{% endfor %}</ul>
<form method="post" action="/create-group">
<input type="hidden" name="domain" value="{{ domain.id }}">
<label>Nouveau groupe <input name="name" required></label> <button>Créer</button></form></section>
{% else %}<p>Aucun contrat pour le moment.</p>{% endfor %}
</main></body></html>"""

STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:52rem;padding:0 1rem}
form{display:inline}section{border-top:1px solid #888;margin-top:1.5rem}table{width:100%}
td,th{text-align:left;padding:.25rem .5rem;vertical-align:top}"""


@bp.get("/console.css")
def style() -> ResponseReturnValue:
    """Return the first lines."""
    return STYLE, 200, {"Content-Type": "text/css"}


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show every contract with its people and groups."""
    things = state().things
    domains = [
        {
            **domain,
            "users": [
                (user, state().groups_of(user["id"]))
                for user in things["users"].values()
                if user["domain_id"] == domain["id"]
            ],
            "groups": [g for g in things["groups"].values() if g["domain_id"] == domain["id"]],
        }
        for domain in things["domains"].values()
        if domain["id"] != "default"
    ]
    return render_template_string(PAGE, domains=domains)


@bp.post("/<any('create-group', 'delete-group', 'change-user', 'delete-user', leave):action>")
def change(action: str) -> ResponseReturnValue:
    """Change the console as its administrator would; only from this page."""
    if request.headers.get("Origin", request.host_url.rstrip("/")) != request.host_url.rstrip("/"):
        return "Refused: asked from another site.", 403
    form = request.form
    with state().lock:
        try:
            if action == "create-group":
                state().add("groups", {"name": form["name"], "domain_id": form["domain"]})
            elif action == "delete-group":
                state().delete_group(form["group"])
            elif action == "change-user":
                state().get("users", form["user"]).update(
                    name=form["name"], email=form["email"], enabled="enabled" in form
                )
            elif action == "delete-user":
                state().delete_user(form["user"])
            else:
                state().leave(form["group"], form["user"])
        except Refused as refusal:
            return f"{refusal.message}", refusal.status
        state().save()
    return "", 303, {"Location": "/"}
