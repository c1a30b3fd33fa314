"""Templates, translated once when they are compiled instead of at every call.

A list makes hundreds of `_("…")` calls; most have nothing to fill in. There is one environment
per language, and in each of them such a call *is* its translation, part of the template's text.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from flask import Flask, current_app
from flask.templating import Environment
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from selfcare.language.i18n import catalogue, locale


class TranslatingEnvironment(Environment):
    """An environment that knows its language, and puts plain messages into the templates."""

    language: str | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.language is None:
            return tree
        html = bool(name and name.endswith(".html"))
        translated: nodes.Template = _Translator(self.language, html=html).visit(tree)
        return translated

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own, where a template has none: each rendering copies them."""
        return super().make_globals(d) if d else self.globals


_INDENT = re.compile(r"\n\s+")
_HTMX = re.compile(r"(?<![\w-])hx-(?=[a-z-]+=\")")


class _Translator(NodeTransformer):
    """Replaces `_("…")` by its translation; calls with variables or plurals stay calls.

    In HTML it also drops the templates' indentation, a third of a page's size, and sends htmx's
    attributes as `data-hx-…`, which HTML allows and htmx reads alike (the Nu checker: no error).
    """

    def __init__(self, language: str, *, html: bool) -> None:
        self.gettext, self.html = catalogue(language).gettext, html

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (the visitor's naming)
        """One call in the template."""
        match node:
            case nodes.Call(
                node=nodes.Name(name="_" | "gettext"),
                args=[nodes.Const(value=str(text))],
                kwargs=[],
            ):
                # Like Jinja's own gettext: a translation is markup, and `%%` stands for `%`.
                return nodes.TemplateData(self.gettext(text) % {}, lineno=node.lineno)
        return self.generic_visit(node)

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:  # noqa: N802
        """Text between tags."""
        if self.html:
            node.data = _HTMX.sub("data-hx-", _INDENT.sub("\n", node.data))
        return node


def init_app(app: Flask) -> None:
    """Give the application one environment per language, made when first needed."""
    app.jinja_environment = TranslatingEnvironment
    app.extensions["environments"] = {}


def environment(language: str) -> Environment:
    """The templates of one language, made when first needed."""
    made: dict[str, Environment] = current_app.extensions["environments"]
    if language not in made:
        new = current_app.jinja_env.overlay()
        filters, names = current_app.extensions["in_language"](language)
        new.language = language  # type: ignore[attr-defined]
        new.filters = {**new.filters, **filters}
        new.globals = {**new.globals, **names}
        made[language] = new
    return made[language]


def render(template: str, **context: Any) -> str:
    """A template's text, in the language in force."""
    return filled(template, surrounded(context))


def surrounded(context: dict[str, Any]) -> dict[str, Any]:
    """A context, with what each template of the request gets; put together once for several."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    app.update_template_context(context)
    return context


def filled(template: str, context: dict[str, Any]) -> str:
    """A template's text, in the language in force, from a context that is whole."""
    return environment(locale()).get_template(template).render(context)
