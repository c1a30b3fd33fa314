"""The captcha: image, sound, question; single use, server side, slowed down (AUTH-2)."""

from __future__ import annotations

import io
import wave
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from PIL import Image
from sqlalchemy import func, select

from selfcare.database import db
from selfcare.models import Challenge
from selfcare.services.accounts import captcha
from selfcare.services.retention import forgetting
from tests.accounts.captchas import solve

FORGOT = "/password/forgot"


def name_on(page) -> str:
    return str(page.one("input[name=captcha]")["value"])


def text_of(app, name) -> str:
    with app.app_context():
        found = captcha.look(name)
        assert found
        return str(found.data["text"])


class TestThreeWays:
    def test_auth_2_the_image_shows_the_characters(self, app, browse):
        page = browse.get(FORGOT)
        picture = browse.get(str(page.one("#captcha img")["src"]))
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.headers["Cache-Control"] == "no-store"
        assert Image.open(io.BytesIO(picture.response.data)).size == (220, 80)
        assert page.one("#captcha img")["alt"]

    def test_auth_2_the_same_characters_are_read_aloud(self, browse):
        page = browse.get(FORGOT)
        sound = browse.get(str(page.one("#captcha a")["href"]))
        assert sound.headers["Content-Type"] == "audio/wav"
        with wave.open(io.BytesIO(sound.response.data)) as played:
            assert 3 < played.getnframes() / played.getframerate() < 60

    def test_auth_2_a_question_can_be_asked_for_instead(self, app, browse):
        page = browse.post(FORGOT, {"login": "paul.dupont", "renew": "question"})
        assert page.status == 200
        assert not page.all("#captcha img")
        fields = {"login": "paul.dupont", "kind": "question", **solve(app, page)}
        assert browse.post(FORGOT, fields).status == 303

    def test_auth_2_a_setting_turns_the_question_off(self, browse, setting):
        setting(captcha_question=False)
        page = browse.post(FORGOT, {"login": "paul.dupont", "renew": "question"})
        assert page.all("#captcha img")

    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_auth_2_every_question_can_be_answered(self, app, language):
        with app.test_request_context(headers={"Accept-Language": language}):
            for _time in range(40):
                asked = captcha.make(question=True)
                assert asked.question(language).endswith(("?", "."))
                answer = next(asked.answers())
                assert answer not in asked.question(language).split()[:3]
                assert captcha.solved(asked.name, f" {answer.upper()} ")
            db.session.rollback()


class TestSingleUse:
    def test_auth_2_an_answer_is_good_once(self, app, browse):
        fields = solve(app, browse.get(FORGOT))
        assert browse.post(FORGOT, {"login": "paul.dupont", **fields}).status == 303
        assert browse.post(FORGOT, {"login": "paul.dupont", **fields}).status == 422

    def test_auth_2_a_wrong_answer_uses_it_up_and_brings_another(self, app, browse):
        page = browse.get(FORGOT)
        fields = solve(app, page)
        wrong = browse.post(FORGOT, {"login": "paul.dupont", **fields, "answer": "?"})
        assert wrong.status == 422
        assert wrong.one("#login")["value"] == "paul.dupont"
        assert wrong.all("#answer-error")
        assert name_on(wrong) != name_on(page)
        assert browse.post(FORGOT, {"login": "paul.dupont", **fields}).status == 422

    def test_auth_2_another_mistake_does_not_use_it_up(self, app, browse):
        page = browse.get(FORGOT)
        fields = solve(app, page)
        empty = browse.post(FORGOT, {"login": "", **fields})
        assert empty.status == 422
        assert name_on(empty) == name_on(page)
        assert empty.one("#answer")["value"] == fields["answer"]
        assert browse.post(FORGOT, {"login": "paul.dupont", **fields}).status == 303

    def test_auth_2_an_answer_is_good_for_ten_minutes(self, app, browse):
        fields = solve(app, browse.get(FORGOT))
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11), tick=False):
            assert browse.post(FORGOT, {"login": "paul.dupont", **fields}).status == 422

    def test_auth_2_the_answer_is_in_no_page_and_no_cookie(self, app, browse):
        page = browse.get(FORGOT)
        text = text_of(app, name_on(page))
        told = page.text + str(page.headers) + repr(browse.client._cookies)
        assert text.lower() not in told.lower()

    def test_auth_2_unanswered_ones_are_forgotten(self, app, browse):
        browse.get(FORGOT)
        with (
            time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)),
            app.app_context(),
        ):
            forgetting.forget()
            assert db.session.execute(select(func.count(Challenge.id))).scalar_one() == 0


class TestVoices:
    @pytest.mark.parametrize("character", captcha.ALPHABET)
    def test_auth_2_a_french_voice_says_every_character_as_the_library_wants_it(self, character):
        [spoken] = (captcha.VOICES / "fr" / character).glob("*.wav")
        with wave.open(str(spoken)) as sound:
            assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (
                1,
                1,
                8000,
            )
            assert 0.15 < sound.getnframes() / 8000 < 1.0

    def test_auth_2_the_sound_speaks_the_page_s_language(self, browse):
        page = browse.get(FORGOT)
        sound = str(page.one("#captcha a")["href"])
        heard = []
        for language in ("fr", "en"):
            assert browse.get(sound, **{"Accept-Language": language}).status == 200
            [voice] = captcha._speaker(language)._cache["Y"]
            heard.append(bytes(voice))
        french = (captcha.VOICES / "fr" / "Y" / "default.wav").read_bytes()
        assert french.endswith(heard[0])
        assert heard[0] != heard[1]


class TestRenewing:
    def test_auth_2_another_image_keeps_what_was_typed(self, browse):
        page = browse.get(FORGOT)
        fields = {"login": "paul.dupont", "captcha": name_on(page), "renew": "image"}
        again = browse.post(FORGOT, fields)
        assert again.status == 200
        assert again.one("#login")["value"] == "paul.dupont"
        assert name_on(again) != name_on(page)
        assert not again.all(".errors")

    def test_auth_2_the_reader_goes_on_at_the_new_one(self, browse):
        again = browse.post(FORGOT, {"login": "paul.dupont", "renew": "image"})
        assert again.one("#answer").has_attr("autofocus")
        assert not browse.get(FORGOT).one("#answer").has_attr("autofocus")

    def test_auth_2_the_enter_key_validates(self, browse):
        first = browse.get(FORGOT).all("main form button")[0]
        assert not first.get("name")


class TestSlowedDown:
    def test_auth_6_sounds_are_dear(self, browse):
        page = browse.get(FORGOT)
        sound = str(page.one("#captcha a")["href"])
        codes = [browse.get(sound).status for _time in range(7)]
        assert codes == [200] * 6 + [429]

    def test_auth_6_images_too(self, browse):
        picture = str(browse.get(FORGOT).one("#captcha img")["src"])
        codes = {browse.get(picture).status for _time in range(61)}
        assert codes == {200, 429}

    def test_auth_2_a_captcha_that_is_gone_has_no_image(self, browse):
        assert browse.get("/captcha/nothing.png").status == 404
        assert browse.get("/captcha/nothing.wav").status == 404
