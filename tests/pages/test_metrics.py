"""`/metrics`: there when asked for, absent otherwise."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families as families
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Mail, WishState, now
from selfcare.services import schedule
from selfcare.services.accounts import people
from tests.cast import account_of


def told(client, **headers: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    text = client.get("/metrics", headers=headers).get_data(as_text=True)
    names = [family.name for family in families(text)]
    assert len(names) == len(set(names)), "a family is told twice"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families(text)
        for sample in family.samples
    }


def test_quality_metrics_tell_requests_and_jobs(another_app, cast):
    client = another_app(metrics=True).test_client()
    client.get("/healthz")
    samples = told(client)
    assert samples["selfcare_requests_total", "health.healthz", "200"] >= 1
    assert samples["selfcare_jobs_waiting", "mail"] == 0
    assert samples["selfcare_workers",] == 0


def test_quality_metrics_tell_what_is_not_done(another_app, cast):
    cast.referent(console_roles=["admin"], console_state="failed")
    app = another_app(metrics=True)
    with app.app_context():
        for _ in range(3):
            people.welcome(account_of("paul.dupont"))
        db.session.commit()
        first = db.session.execute(select(Mail.id).order_by(Mail.id).limit(1)).scalar_one()
        over = {"state": WishState.FAILED, "due_at": None}
        db.session.execute(update(Mail).where(Mail.id == first).values(**over))
        db.session.commit()
        schedule.wake_wishes()
    samples = told(app.test_client())
    assert samples["selfcare_wishes", "queued", "mails"] == 2
    assert samples["selfcare_wishes", "failed", "mails"] == 1
    assert samples["selfcare_wishes", "failed", "console_accesses"] == 1
    assert samples["selfcare_wishes", "queued", "pre_invoices"] == 0
    assert 0 <= samples["selfcare_last_sweep_age_seconds",] < 60


def test_quality_the_present_state_is_told_once_by_several_processes(
    another_app, cast, tmp_path, monkeypatch
):
    """The library keeps what is a gauge in the shared folder, where it grows old."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    client = another_app(metrics=True).test_client()
    for _ in range(2):
        told(client)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("gauge")] == []


def test_operable_mails_are_stalled_only_while_none_leaves(app, cast, browse):
    cast.account("paul.dupont")
    with app.app_context():
        for _ in range(2):
            people.welcome(account_of("paul.dupont"))
        db.session.commit()
        [first, second] = db.session.execute(select(Mail).order_by(Mail.id)).scalars()
        first.due_at = second.due_at = now() - timedelta(seconds=700)
        db.session.commit()
        assert 690 < browse.get("/readyz").response.json["mails_stalled_seconds"] < 800
        first.state, first.due_at, first.sent_at = WishState.DONE, None, now()
        db.session.commit()
        assert browse.get("/readyz").response.json["mails_stalled_seconds"] < 60


def test_safe_metrics_are_for_who_knows_the_token(another_app):
    client = another_app(metrics=True, metrics_token="a token for Prometheus").test_client()
    for shown in ("", "Bearer another", "Basic YTph", "Bearer a token for Prometheu\u00df"):
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 401
    assert client.get("/metrics").status_code == 401
    known = {"Authorization": "Bearer a token for Prometheus"}
    assert client.get("/metrics", headers=known).status_code == 200


def test_quality_no_metrics_unless_asked_for(browse):
    assert browse.get("/metrics").status == 404


def test_quality_metrics_survive_a_dead_redis(another_app, cast):
    app = another_app(metrics=True, redis_url="redis://127.0.0.1:1/0")
    text = app.test_client().get("/metrics").get_data(as_text=True)
    assert 'selfcare_jobs_waiting{queue="mail"} NaN' in text
    assert "selfcare_workers NaN" in text
