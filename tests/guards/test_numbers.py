"""Numbers that the documents promise are those of the code."""

from __future__ import annotations

import re

import pytest

from selfcare.background.jobs import DELAYS
from selfcare.config import LARGEST_REQUEST, ROOT
from selfcare.lists.growing import Growing
from selfcare.lists.query import ListQuery
from selfcare.services.invoices import loading, plain_pdfs
from selfcare.services.invoices.facturx import passive, pdf
from selfcare.services.safety import exports
from selfcare.services.usage import reading
from selfcare.services.users import file

UNITS = ((3600, "h"), (60, "min"), (1, "s"))


def spaced(number: int) -> str:
    """Thousands apart: 10 000."""
    return f"{number:_}".replace("_", " ")


def lasting(seconds: int) -> str:
    """A time in its largest unit."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    return f"{seconds // size} {unit}"


def megabytes(size: int) -> str:
    """A size in megabytes."""
    return f"{size // 10**6} MB"


TRIES = ", ".join(map(lasting, DELAYS[:-1]))
PROMISED = [
    ("architecture.md", f"tried again after {TRIES} and {lasting(DELAYS[-1])}"),
    ("deploy.md", f"tried again after {TRIES}, {lasting(DELAYS[-1])}"),
    ("console-service-account.md", f"tried again after {TRIES}, then every {lasting(DELAYS[-1])}"),
    ("scale.md", f"Counting stops at {spaced(Growing.counted_up_to)} (« plus de"),
    ("scale.md", f"where rows may be millions, at {spaced(ListQuery.counted_up_to)} elsewhere"),
    ("loading-invoices.md", f"At most {megabytes(passive.LARGEST)}, and as much unpacked"),
    ("loading-invoices.md", f"{spaced(passive.MOST_PAGES)} pages"),
    ("loading-invoices.md", f"{passive.MOST_FILES} attachments"),
    ("loading-invoices.md", f"{spaced(passive.MOST_OBJECTS)} objects"),
    ("loading-invoices.md", f"{megabytes(pdf.LARGEST_DATA)} of XML"),
    (
        "loading-invoices.md",
        f"A list has at most {plain_pdfs.MOST_LINES:,} lines and {megabytes(plain_pdfs.LARGEST)}",
    ),
    (
        "loading-invoices.md",
        f"A report has at most {reading.MOST_LINES:,} lines and {megabytes(reading.LARGEST)}",
    ),
    ("security.md", f"{megabytes(LARGEST_REQUEST)} a request"),
    ("security.md", f"the users' CSV: {file.MOST_LINES:,} lines"),
]


@pytest.mark.once
@pytest.mark.parametrize(("document", "promise"), PROMISED)
def test_design_documents_and_code_have_the_same_numbers(document, promise):
    text = re.sub(r"\s+", " ", (ROOT / "docs" / document).read_text())
    assert promise in text


@pytest.mark.once
def test_safe_exports_take_half_of_a_web_process_s_threads_at_most():
    threads = re.search(r'"WEB_THREADS"\) or (\d+)', (ROOT / "gunicorn.conf.py").read_text())
    assert threads
    assert int(threads[1]) >= 2 * exports.AT_ONCE


@pytest.mark.once
def test_invoices_1_two_months_ahead_are_the_62_days_that_any_two_months_have_at_most():
    assert loading.FORESEEN.days == 31 + 31
