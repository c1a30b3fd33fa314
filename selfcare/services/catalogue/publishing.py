"""Publishing the catalogue: files in, versions out (`flask catalogue load`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Service, ServiceVersion
from selfcare.services.catalogue import files as catalogue_files
from selfcare.services.catalogue.files import ServiceFile
from selfcare.services.catalogue.versions import current_version
from selfcare.services.files.problems import Problems

log = structlog.get_logger(__name__)

MOST_FILES = 500


class Outcome(StrEnum):
    """The effect of loading on a service."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Loaded:
    """One service after loading."""

    slug: str
    outcome: Outcome
    version: int
    prices: int


def files_in(path: Path) -> list[Path]:
    """The catalogue files a path names: itself, or those of a folder."""
    return sorted(path.glob("*.toml")) if path.is_dir() else [path]


def load(paths: Iterable[Path]) -> list[Loaded]:
    """Check every file, then publish all of them: all or nothing.

    Raises:
        Problems: with the problems of all files; nothing was changed.
    """
    read: list[ServiceFile] = []
    problems: list[str] = []
    paths = list(paths)
    if len(paths) > MOST_FILES:
        raise Problems([f"more than {MOST_FILES} files"])
    for path in paths:
        try:
            read.append(catalogue_files.read(path))
        except Problems as bad:
            problems += [f"{path.name}: {problem}" for problem in bad.problems]
    for key in ("slug", "code"):
        values = [file.columns[key] for file in read]
        problems += [f"{key} {v!r} is in two files" for v in set(values) if values.count(v) > 1]
    if not read and not problems:
        problems = ["no catalogue file (*.toml) there"]
    if problems:
        raise Problems(problems)
    return [_publish(file) for file in read]


def unmentioned(loaded: Iterable[Loaded]) -> list[str]:
    """The services still offered of which no file told."""
    told = {service.slug for service in loaded}
    offered = select(Service.slug).where(Service.is_offered).order_by(Service.position, Service.id)
    return [slug for slug in db.session.execute(offered).scalars() if slug not in told]


def _publish(file: ServiceFile) -> Loaded:
    """Make the service what its file says; a new version only when something changed."""
    columns = file.columns
    service = db.session.execute(
        select(Service).where(Service.slug == columns["slug"]).with_for_update()
    ).scalar_one_or_none()
    stranger = select(Service.slug).where(
        Service.code == columns["code"], Service.slug != columns["slug"]
    )
    if other := db.session.execute(stranger).scalar_one_or_none():
        raise Problems([f"code {columns['code']!r} is the service {other!r}'s"])
    kept = file.definition.to_json()
    digest = hashlib.sha256(
        json.dumps([dict(columns), kept], default=str, sort_keys=True).encode()
    ).hexdigest()
    outcome = Outcome.CHANGED if service and service.version else Outcome.NEW
    if service is None:
        service = Service(**columns)
        db.session.add(service)
        db.session.flush()
    current = current_version(service)
    if current and current.digest == digest:
        return Loaded(service.slug, Outcome.UNCHANGED, current.number, len(kept["prices"]))
    for name, value in columns.items():
        setattr(service, name, value)
    service.version = (current.number if current else 0) + 1
    db.session.add(
        ServiceVersion(
            service_id=service.id, number=service.version, definition=kept, digest=digest
        )
    )
    db.session.flush()
    log.info("service_published", slug=service.slug, version=service.version)
    return Loaded(service.slug, outcome, service.version, len(kept["prices"]))
