"""SERVICES-1: the catalogue is files that an operator loads, versioned."""

from __future__ import annotations

import shutil
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Service, ServiceVersion
from selfcare.rights import Profile
from selfcare.services.catalogue import files as catalogue_files
from selfcare.services.catalogue import shape
from selfcare.services.catalogue.definitions import Definition
from selfcare.services.files.problems import Problems

CATALOGUE = "/contracts/OCB0000124/services"
FILE = "elastic-cloud-server-reservation.toml"


@pytest.fixture
def folder(tmp_path):
    """A copy of the repository's catalogue."""
    return shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue")


def change(folder, old: str, new: str, name: str = FILE) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def versions(app) -> int:
    with app.app_context():
        return db.session.execute(select(func.count(ServiceVersion.id))).scalar_one()


class TestLoading:
    def test_services_1_loads_the_services_of_the_guide(self, app, flask, folder):
        output, code = flask("catalogue", "load", str(folder))
        assert code == 0
        assert "73 prices" in output
        with app.app_context():
            service = db.session.execute(select(Service).filter_by(code="AD135")).scalar_one()
            assert service.from_price == Decimal("4.97")

    def test_services_1_the_same_again_is_no_new_version(self, app, flask, folder):
        flask("catalogue", "load", str(folder))
        output, _ = flask("catalogue", "load", str(folder))
        assert output.count("unchanged, version 1") == 2
        assert versions(app) == 2

    def test_services_1_a_changed_price_is_a_new_version(self, app, flask, folder):
        flask("catalogue", "load", str(folder))
        change(folder, "240.60", "241.00")
        output, _ = flask("catalogue", "load", str(folder))
        assert "changed, version 2" in output
        assert versions(app) == 3

    def test_services_1_a_dry_run_changes_nothing(self, app, flask, folder):
        output, code = flask("catalogue", "load", str(folder), "--dry-run")
        assert code == 0
        assert "new, version 1" in output
        assert versions(app) == 0

    def test_services_1_one_bad_file_stops_them_all(self, app, flask, folder):
        change(folder, 'slug = "migration"', 'slug = "Migration!"', "migration.toml")
        output, code = flask("catalogue", "load", str(folder))
        assert code == 1
        assert "migration.toml: 'slug'" in output
        assert versions(app) == 0

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ('slug = "', 'slug = 7 # "', "'slug': text needed"),
            ("position = 20", 'position = "20"', "'position': number needed"),
            ("[fr]", "[de]", "'fr' is missing"),
            ("position = 20", "wrong = 1", "unknown key 'wrong'"),
            ("from_price = 4.97\n", "", "'from_price' is missing"),
            ("from_price = 4.97", "from_price = nan", "an amount"),
            ('price_kind = "from_monthly"', 'price_kind = "cheap"', "'price_kind': one of"),
            ('price_kind = "from_monthly"', 'price_kind = "quote"', "must be manual"),
            ('["c2.2xlarge", "12", "no", 240.60]', '["c9", "12", "no", 240.60]', "no option 'c9'"),
            ('"12", "no", 240.60', '"12", "no", -1', "not negative"),
            ('"12", "no", 240.60', '"12", "no"', "one or two amounts"),
            ('"12", "no", 240.60', '"24", "no", 240.60', "there twice"),
            ('"12", "no", 240.60', '"12", "no", 240.605', "amounts like"),
            ('by = ["flavor"', 'by = ["colour"', "no choice 'colour'"),
            ("{flavor} {duration}", "{flavour} {duration}", "{flavour} is not a choice"),
            ("{flavor}.{duration}", "{flavor.{duration}", "a brace is left open"),
            ("{flavor}.{duration}", "{colour}.{duration}", "{colour} is not a choice of the form"),
            ('months = "duration"', 'months = "flavor"', "numbers of months"),
            ('kind = "choice"', 'kind = "colour"', "its kind is one of"),
            ('name = "region"\nkind', 'name = "step"\nkind', "taken by the form"),
            ("slug =", "slug", "line 4"),
            ('cards = ["duration", "upfront"]', 'cards = ["flavor"]', "last choices of 'by'"),
            ('cards = ["duration", "upfront"]', "cards = [1]", "names of choices needed"),
            ('value = "24", fr', 'value = "2,4", fr', "no ',' in the values"),
            ("hours = 650", "hours = 745", "'hours' of a month from 1 to 744"),
            ("hours = 650\n", "", "'hours' is missing"),
            (
                '["c2.large", 77.12]',
                '["c9.large", 77.12]',
                "on_demand, row 7: 'flavor' has no option",
            ),
            ('["c2.large", 77.12]', '["c2.large", 77.12, 1]', "1 choices and one amount needed"),
            (
                '["c2.large", 77.12]',
                '["t2.micro", 77.12]',
                "on_demand, row 7: t2.micro is there twice",
            ),
        ],
    )
    def test_services_1_says_what_is_wrong(self, app, flask, folder, old, new, reason):
        change(folder, old, new)
        output, code = flask("catalogue", "load", str(folder))
        assert code == 1
        assert reason in output
        assert versions(app) == 0

    def test_services_1_a_code_belongs_to_one_service(self, app, flask, folder):
        change(folder, 'code = "AD120"', 'code = "AD135"', "migration.toml")
        output, code = flask("catalogue", "load", str(folder))
        assert code == 1
        assert "code 'AD135' is in two files" in output


class TestLimits:
    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ("position = ", "extra = " + "[" * 2000 + "]" * 2000 + "\nposition = ", "one another"),
            ("position = ", "position = 1" + "0" * 4500 + "\n#", "digits"),
            ("position = ", "position = 99999999999\n#", "'position': at most 10000"),
            ("code = ", "code = " + "'A'" + " " * 5000 + "\n#", "a line of more than 5000"),
            ("position = ", ".".join("a" * 2000) + " = 1\nposition = ", "one another"),
            ("[fr]", "# é\n" * 125_000 + "[fr]", "larger than 0.5 MB"),
            ("[prices]", "[[field]]\n" * 51 + "[prices]", "more than 50 fields"),
            ("row = [", "row = [\n" + "[],\n" * 10_001, "prices: more than 10000 rows"),
            ("option = [", "option = [" + "1,\n" * 201, "field 1: more than 200 options"),
        ],
    )
    def test_safe_a_file_beyond_all_measure_is_refused_in_words(
        self, app, flask, folder, old, new, reason
    ):
        change(folder, old, new)
        output, code = flask("catalogue", "load", str(folder))
        assert code == 1
        assert reason in output
        assert versions(app) == 0

    def test_safe_what_is_beyond_measure_is_not_looked_at_entry_by_entry(self, monkeypatch):
        monkeypatch.setattr(shape, "_table", None)
        with pytest.raises(Problems, match="more than 50 fields"):
            catalogue_files.parse({"field": [{}] * 100_000})

    def test_safe_a_folder_of_too_many_files_is_refused_before_one_is_read(self, flask, tmp_path):
        for number in range(501):
            (tmp_path / f"{number}.toml").touch()
        output, code = flask("catalogue", "load", str(tmp_path))
        assert (code, output.count("✗")) == (1, 1)
        assert "more than 500 files" in output


class TestPage:
    def test_services_1_manager_orders_visitor_reads(self, shop, cast, browse_as):
        cast.member("sophie.dupont", services=Profile.VISITOR)
        order = f'a[href="{CATALOGUE}/{shop}/order"]'
        assert browse_as("paul.dupont").get(CATALOGUE).all(order)
        assert browse_as("paul.dupont").get(f"{CATALOGUE}/{shop}").all(order)
        assert not browse_as("sophie.dupont").get(CATALOGUE).all(order)
        assert not browse_as("sophie.dupont").get(f"{CATALOGUE}/{shop}").all(order)

    def test_services_1_a_withdrawn_service_is_gone(self, shop, flask, folder, browse_as):
        change(folder, "position = 20", "position = 20\nwithdrawn = true")
        flask("catalogue", "load", str(folder))
        assert browse_as("paul.dupont").get(f"{CATALOGUE}/{shop}").status == 404
        assert shop not in browse_as("paul.dupont").get(CATALOGUE).text

    @pytest.mark.parametrize("flag", [True, False])
    @pytest.mark.parametrize("url", ["https://ece.example.com/changes", ""])
    def test_services_1_manage_your_services_needs_an_account_there(
        self, shop, cast, setting, browse_as, flag, url
    ):
        setting(ece_changes_url=url, ece_incidents_url=url)
        cast.account("sophie.dupont", has_ece_changes=flag, has_ece_incidents=flag)
        cast.member("sophie.dupont", services=Profile.VISITOR, support=Profile.VISITOR)
        sophie = browse_as("sophie.dupont")
        for path in (CATALOGUE, "/contracts/OCB0000124/support"):
            shown = bool(url) and bool(sophie.get(path).all(f'main a[href="{url}"]'))
            assert shown == (flag and bool(url)), path


@pytest.mark.once
class TestDefinition:
    DEFINITION = catalogue_files.read(ROOT / "catalogue" / FILE).definition
    TEXTS = st.sampled_from(["c2.large", "p2.2xlarge.8", "12", "24", "36", "no", "yes", "", "x"])

    def test_services_2_comes_back_from_the_database_as_it_was(self):
        assert Definition.from_json(self.DEFINITION.to_json()) == self.DEFINITION

    @given(st.dictionaries(st.sampled_from(["region", "flavor", "duration", "upfront"]), TEXTS))
    def test_services_2_what_was_chosen_stays_and_what_is_impossible_is_said(self, values):
        choosing = self.DEFINITION.choosing(values)
        assert {name: choosing.values[name] for name, value in values.items() if value} == {
            name: value for name, value in values.items() if value
        }
        assert bool(self.DEFINITION.price(choosing.values)) == (
            not {"flavor", "duration", "upfront"} & {one.name for one in choosing.impossible}
        )
        for name, options in choosing.options.items():
            assert options, "there is always a way on"
            possible = choosing.values[name] in {option.value for option in options}
            assert possible == (name not in {one.name for one in choosing.impossible})

    @given(st.dictionaries(st.sampled_from(["region", "flavor", "duration", "upfront"]), TEXTS))
    def test_services_2_choosing_what_is_offered_leads_to_a_price(self, values):
        while impossible := self.DEFINITION.choosing(values).impossible:
            values = {**values, impossible[0].name: ""}
        assert self.DEFINITION.price(self.DEFINITION.choosing(values).values)

    @pytest.mark.parametrize(
        ("choices", "name", "template"),
        [
            (("c2.large", "24", "yes"), "c2.large 2 years with upfront", "c2.large.2Y.upfront"),
            (("c2.large", "12", "no"), "c2.large 1 year without upfront", "c2.large.1Y"),
        ],
    )
    def test_services_2_names_it_as_the_guide_does(self, choices, name, template):
        values = dict(zip(("flavor", "duration", "upfront"), choices, strict=True))
        assert self.DEFINITION.subscription_name(values) == f"Reservation {name}"
        assert self.DEFINITION.template(values) == template

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "slug",
                            "code",
                            "fr",
                            "en",
                            "field",
                            "prices",
                            "by",
                            "row",
                            "name",
                            "option",
                        ]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_services_1_no_content_breaks_the_check(self, content):
        with pytest.raises(Problems):
            catalogue_files.parse({"slug": "a", "field": content, "prices": content})
