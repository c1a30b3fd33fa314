"""Adding many users from a file (USERS-9)."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from selfcare.database import db
from selfcare.models import Account
from selfcare.rights import Profile
from selfcare.services.users import file, new_member
from tests.wizard import USERS

IMPORT = f"{USERS}/import"


@pytest.fixture(autouse=True)
def paul_has_the_console(cast):
    cast.referent(console_roles=["admin"])


def table(*lines: str) -> bytes:
    head = "Civilité;Nom;Prénom;Login;Email;Téléphone mobile;Commandes;Rôles console"
    return "\n".join((head, *lines)).encode("cp1252")


GOOD = "Mme;Lefèvre;Aude;aude.lefevre;aude@example.com;06 12 34 56 78;visiteur;guest"


@pytest.fixture
def checked(monkeypatch) -> list[object]:
    """The lines that the rules of a new member were asked about."""
    lines: list[object] = []
    read = new_member.read

    def counting(given):
        lines.append(given)
        return read(given)

    monkeypatch.setattr(new_member, "read", counting)
    return lines


class TestImport:
    def load(self, paul, content: bytes):
        return paul.post(IMPORT, {"file": (io.BytesIO(content), "many.csv")})

    def test_users_9_the_template_can_be_loaded_as_it_is(self, paul):
        content = paul.get(f"{IMPORT}/template.csv").response.get_data()
        page = paul.get(self.load(paul, content).location)
        assert "1 user can be added." in page.words

    def test_users_9_a_dry_run_says_what_is_wrong_line_by_line(self, cast, paul):
        cast.account("known.login", email="else@example.com")
        lines = (
            GOOD,
            GOOD.replace("aude@", "other@"),
            GOOD.replace("aude.lefevre", "short").replace("aude@", "b@"),
            GOOD.replace("aude.lefevre", "known.login").replace("aude@", "c@"),
            GOOD.replace("aude.lefevre", "fine.login")
            .replace("aude@", "d@")
            .replace("guest", "boss"),
            GOOD.replace("aude.lefevre", "another.one").replace("aude@", "paul.dupont@"),
            GOOD.replace("aude.lefevre", "last.login")
            .replace("aude@", "e@")
            .replace("visiteur", "roi"),
        )
        page = paul.get(self.load(paul, table(*lines)).location)
        assert "1 user can be added." in page.words
        problems = page.texts("tbody tr")
        assert [text.split()[0] for text in problems] == ["3", "4", "5", "6", "7", "8"]
        for text, said in zip(
            problems,
            (
                "Login “aude.lefevre”: the same as on a line above.",
                "Login “short”: A login has 8 to 64",
                "Login “known.login”: This login belongs to somebody else",
                "No such console role: “boss”",
                "Email “paul.dupont@example.com”: The person with this email is already a user",
                "Orders: “roi” is not offered there.",
            ),
            strict=True,
        ):
            assert said in text
        assert "aude.lefevre" not in paul.get(USERS).words

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "not a text file"),
            (b"\x00\x01", "not a text file"),
            (b"Nom;Login\nA;B\n", "columns are missing"),
            (table(GOOD).replace(b" console", b" konsole"), "columns are unknown: Rôles konsole"),
            (table(), "no line below"),
            (b";;;\n\n", "not a text file"),
            (table(GOOD).replace(b"Commandes", b"Email"), "appear twice: Email"),
            (table(GOOD, '"Mme";"Le"f'), "Line 3 cannot be read"),
            (table(GOOD.replace("Aude", "A" * 140_000)), "Line 2 has a cell of more than 5,000"),
            (table(GOOD) + b"\0", "not a text file"),
            (table(*[GOOD] * 2001), "more than 2,000 lines"),
        ],
    )
    def test_users_9_an_unreadable_file_is_refused_with_its_reason(self, paul, content, said):
        page = self.load(paul, content)
        assert page.status == 422
        assert said in page.one(".errors").get_text()

    @pytest.mark.parametrize(
        "saved",
        [
            lambda text: text.encode("utf-8-sig"),
            lambda text: text.replace("\n", "\r\n").encode("cp1252"),
            lambda text: text.replace("\n", "\r").encode("cp1252"),  # an older Mac's
            lambda text: text.replace(";", "\t").encode("utf-16"),  # « texte Unicode »
            lambda text: f"\n;;;\n{text}\n;;;;\n\n".encode(),
            lambda text: f"sep=;\r\n{text}".encode(),
            lambda text: text.replace("06 12 34 56 78", "612345678").encode(),  # its zero is lost
            lambda text: text.replace("guest", "GUEST, Network team").encode(),
        ],
    )
    def test_users_9_a_table_is_read_as_a_spreadsheet_saves_it(self, app, saved):
        with app.test_request_context():
            text = table(GOOD).decode("cp1252")
            (line,) = file.read(saved(text), console=["guest", "Network team"])
        assert line.problems == []
        assert line.person["last_name"] == "Lefèvre"
        assert line.person["mobile"] == "+33 6 12 34 56 78"
        assert "guest" in line.roles["console"]

    def test_users_9_a_file_excel_saves_as_unicode_text_can_be_chosen(self, paul):
        """« Texte Unicode (*.txt) »: UTF-16 with its mark, tabs, quotes only where needed."""
        accepted = str(paul.get(IMPORT).one("input[type=file]")["accept"]).split(",")
        assert {".csv", ".txt"} <= set(accepted)
        saved = table(GOOD).decode("cp1252").replace(";", "\t").replace("\n", "\r\n")
        content = b"\xff\xfe" + f"{saved}\r\n".encode("utf-16-le")
        answer = paul.post(IMPORT, {"file": (io.BytesIO(content), "nouveaux.txt")})
        assert "1 user can be added." in paul.get(answer.location).words

    @pytest.mark.parametrize(
        "content",
        [
            b"x\n" * 200_000,
            table() + b"\nx" * 200_000,
            table(*[GOOD] * 2001),
            table() + b"\n;;" * 110_000,
        ],
    )
    def test_safe_a_file_of_too_many_lines_is_refused_before_one_is_checked(
        self, paul, checked, content
    ):
        assert self.load(paul, content).status == 422
        assert checked == []

    def test_users_9_two_thousand_lines_are_checked_once_each(self, app, checked):
        lines = [GOOD.replace("aude", f"aude{n}") for n in range(2000)]
        with app.test_request_context():
            assert len(file.read(table(*lines), console=["guest"])) == 2000
        assert len(checked) == 2000

    def test_users_9_problems_follow_whoever_reads_them(self, cast, paul, app):
        where = self.load(paul, table(GOOD.replace("aude.lefevre", "short"))).location
        assert "Login “short”: A login has 8 to 64" in paul.get(where).words
        with app.app_context():
            db.session.execute(update(Account).values(locale="fr"))
            db.session.commit()
        assert "Identifiant « short » : Un identifiant compte" in paul.get(where).words

    def test_users_9_a_large_number_is_written_as_its_reader_writes_it(self, paul):
        lines = [GOOD.replace("aude", f"aude{n}") for n in range(1001)]
        page = paul.get(self.load(paul, table(*lines)).location)
        assert "1,001 users can be added." in page.words

    def test_users_9_a_cell_cut_in_two_is_said(self, app):
        with app.test_request_context(headers={"Accept-Language": "en"}):
            (line,) = file.read(table(GOOD + ";admin"), console=["guest", "admin"])
        assert line.problems == [
            {
                "en": "These cells have no heading above them; was a cell split in two? “admin”",
                "fr": "Des cellules ne sont sous aucun intitulé\u00a0: une cellule est-elle coupée"
                " en deux\u00a0? «\u00a0admin\u00a0»",
            }
        ]

    def test_users_9_the_job_adds_them_once_though_run_twice(self, app, paul, worker, outbox):
        lines = [GOOD.replace("aude", f"aude{n}") for n in range(5)]
        where = self.load(paul, table(*lines)).location
        for _ in range(2):
            assert paul.post(where).location == where
        worker.run()
        paul.post(where)
        worker.run()
        page = paul.get(where)
        assert "Lines processed: 5 of 5. Users added: 5. Refused: 0." in page.words
        assert page.one("progress")["value"] == "5"
        assert "6 users" in paul.get(USERS).words
        assert len(outbox("portal_access")) == 5

    def test_users_9_who_was_quicker_is_not_doubled(self, cast, paul, worker):
        where = self.load(paul, table(GOOD)).location
        cast.account("aude.lefevre", email="somebody@example.com")
        paul.post(where)
        worker.run()
        assert "Users added: 0. Refused: 1." in paul.get(where).words

    @pytest.mark.parametrize(
        ("taken", "said"),
        [
            ({"is_staff": True}, "it belongs to the support staff"),
            ({"login": "aude.lefevre", "email": "x@example.com"}, "belongs to somebody else"),
        ],
    )
    def test_users_9_who_cannot_be_added_by_then_is_said_with_the_reason(
        self, cast, paul, worker, taken, said
    ):
        where = self.load(paul, table(GOOD)).location
        cast.account(**{"login": "somebody.else", "email": "aude@example.com", **taken})
        paul.post(where)
        worker.run()
        page = paul.get(where)
        assert "Users added: 0. Refused: 1." in page.words
        assert said in page.words

    def test_users_9_a_file_is_its_owner_s_alone(self, cast, paul, browse_as):
        cast.member("jacques.dupont", users=Profile.MANAGER)
        where = self.load(paul, table(GOOD)).location
        assert browse_as("jacques.dupont").get(where).status == 404

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
    def test_users_9_no_file_breaks_the_reader(self, app, content):
        with app.test_request_context(), contextlib.suppress(file.UnreadableFile):
            assert file.read(content, console=["guest"])
