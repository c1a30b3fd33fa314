"""The company behind the portal, and whom to ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from selfcare.config import logos, rules
from selfcare.config.fields import setting


@dataclass(frozen=True, kw_only=True)
class Brand:
    """Brand and contacts."""

    # Brand
    brand_name: str = setting("Espace Client Cloud", "Name in the header, titles and mails.")
    brand_logo: Path | None = setting(
        None,
        "SVG or PNG file shown in the header, on its band (a neutral logo if unset).",
        check=rules.logo,
    )
    brand_color: str = setting(
        "#0b5cad",
        "Colour of buttons and links, `#rrggbb`; at least 4.5:1 against white (checked at start)."
        " In dark mode a light shade of it is used.",
        check=rules.brand_color,
    )
    brand_band: str = setting(
        "#0b2a4a",
        "Colour of the band at the top of each page, with the logo and white text on it; at least"
        " 4.5:1 against white (checked at start).",
        check=rules.brand_color,
    )
    offer_logos: Path | None = setting(
        None,
        "Folder of SVG files named after the offers' codes (`flexible-engine.svg`): plain shapes,"
        " shown beside the contracts; a neutral icon where there is none.",
        check=logos.offer_logos,
    )
    company_name: str = setting(
        "Example Cloud", "The company behind the portal, in the footer.", invented=True
    )
    news_url: str = setting(
        "", "« Découvrez nos actualités ! » on the home page; hidden if unset.", check=rules.address
    )
    contact_url: str = setting(
        "",
        "« Une question ? Un besoin ? » on the home page: a URL or `mailto:`; hidden if unset.",
        check=rules.address,
    )
    site_links: str = setting(
        "",
        "Footer links, `Label|https://…` separated by commas or new lines.",
        check=rules.site_links,
    )
    terms_url: str = setting(
        "", "« Conditions générales de vente » in the footer; hidden if unset.", check=rules.address
    )
    legal_url: str = setting(
        "", "« Mentions légales »; the portal's own page if unset.", check=rules.address
    )
    support_phone: str = setting(
        "0800 000 000", "Customer support centre, shown to everybody.", invented=True
    )
    support_email: str = setting(
        "support@example.com",
        "Customer support centre's address.",
        check=rules.mail_address,
        invented=True,
    )
    invoicing_phone: str = setting(
        "0800 000 001", "« Accueil Factures », on the invoices page.", invented=True
    )
    invoicing_email: str = setting(
        "invoices@example.com",
        "« Accueil Factures »'s address.",
        check=rules.mail_address,
        invented=True,
    )
    security_contact: str = setting(
        "",
        "Whom to tell of a weakness, in `/.well-known/security.txt` (none if unset): `mailto:` or"
        " `https://` addresses separated by commas.",
        check=rules.addresses,
    )
    security_policy_url: str = setting(
        "", "How weaknesses are dealt with, in the same file.", check=rules.address
    )
    ece_changes_url: str = setting(
        "",
        "« Gérer vos services »: the change-request application; hidden if unset.",
        check=rules.address,
    )
    ece_incidents_url: str = setting(
        "",
        "« Ouvrir un ticket incident »: the incident application; hidden if unset.",
        check=rules.address,
    )
    timezone: str = setting(
        "Europe/Paris", "Dates and times are shown in this time zone.", check=rules.time_zone
    )
