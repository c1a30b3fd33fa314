"""Portals that share a Redis, or by mistake a document store, leave each other's things alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rq import SimpleWorker

from selfcare import config
from selfcare.background import jobs
from selfcare.services import documents
from selfcare.services.mail import outbox
from selfcare.services.safety import throttling
from selfcare.services.safety.throttling import TooManyAttempts

OTHER = "http://other.test"


@pytest.fixture
def other(another_app):
    return another_app(portal_url=OTHER)


def take_all(app):
    """What a worker of this portal would run."""
    with app.app_context():
        queues = [jobs.queue(name) for name in jobs.QUEUES]
        SimpleWorker(queues, connection=jobs.redis()).work(burst=True, logging_level="ERROR")


def test_safe_a_portal_s_worker_takes_no_job_of_another(app, other, worker):
    with app.app_context():
        outbox.deliver_waiting.enqueue()
    take_all(other)
    assert len(worker.waiting()) == 1
    with other.app_context():
        outbox.deliver_waiting.enqueue()  # one that waits there stands for none here
        assert jobs.queue("mail").count == 1
    worker.run()
    assert worker.waiting() == []


def test_safe_attempts_at_one_portal_count_at_no_other(app, other):
    for portal in (app, other):
        with portal.app_context():
            brake = throttling.of_subject("recovery-login", "a@example.com", "1 per hour")
            brake.take()
            with pytest.raises(TooManyAttempts):
                brake.take()


def test_safe_a_prefix_may_be_said(app, settings):
    assert settings.own_name == "portal.test"
    assert replace(settings, redis_prefix="one").own_name == "one"
    with pytest.raises(config.BadSetting, match="REDIS_PREFIX"):
        config.load({"REDIS_PREFIX": "a b", "SECRET_KEY": settings.secret_key})


class TestDocuments:
    @pytest.fixture
    def two(self, another_app, tmp_path):
        url = f"file://{tmp_path}/shared"
        ours, theirs = (
            another_app(documents_url=url),
            another_app(documents_url=url, portal_url=OTHER),
        )
        with ours.app_context():
            documents.store().put("invoices/1.pdf", b"ours")
        return ours, theirs

    def test_invoices_1_a_portal_deletes_no_document_of_another(self, two):
        ours, theirs = two
        done = theirs.test_cli_runner().invoke(args=["documents", "check", "--delete-orphans"])
        assert done.exit_code == 1
        assert "belongs to the portal portal.test" in done.output
        with ours.app_context():
            assert documents.store().get("invoices/1.pdf") == b"ours"
        with theirs.app_context(), pytest.raises(documents.ForeignStore):
            documents.store().put("invoices/2.pdf", b"theirs")

    def test_invoices_1_the_mark_is_no_document(self, two):
        ours, _ = two
        with ours.app_context():
            assert list(documents.store().keys()) == ["invoices/1.pdf"]

    def test_invoices_1_a_portal_whose_address_changed_makes_the_store_its_own(self, two, audited):
        _, moved = two
        assert "belongs to other.test" in (
            moved.test_cli_runner().invoke(args=["documents", "own"]).output
        )
        assert [entry.subject for entry in audited("store.owned")] == ["other.test"]
        with moved.app_context():
            documents.store().delete("invoices/1.pdf")
            assert list(documents.store().keys()) == []
