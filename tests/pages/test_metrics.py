"""`/metrics`: there when asked for, absent otherwise."""

from __future__ import annotations


def test_quality_metrics_tell_requests_mails_and_jobs(another_app, cast):
    app = another_app(metrics=True)
    client = app.test_client()
    client.get("/healthz")
    text = client.get("/metrics").get_data(as_text=True)
    assert 'selfcare_requests_total{endpoint="health.healthz",status="200"}' in text
    assert 'selfcare_jobs_waiting{queue="mail"} 0.0' in text


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
