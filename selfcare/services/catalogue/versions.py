"""The version of a service in force, and its definition."""

from __future__ import annotations

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Service, ServiceVersion
from selfcare.services.catalogue.definitions import Definition


def current_version(service: Service) -> ServiceVersion | None:
    """The version in force; None for a service nobody loaded a definition for."""
    return db.session.execute(
        select(ServiceVersion).where(
            ServiceVersion.service_id == service.id, ServiceVersion.number == service.version
        )
    ).scalar_one_or_none()


def definition_of(service: Service) -> tuple[ServiceVersion, Definition] | None:
    """The version in force with its definition read."""
    current = current_version(service)
    return (current, Definition.from_json(current.definition)) if current else None
