"""light, fast: bytes, requests, SQL statements. Counted, not timed."""

from __future__ import annotations

import re
from urllib.parse import urldefrag

import pytest

from selfcare.config import ROOT
from tests.browsing import Browser, Page
from tests.guards.test_routes import address, rules

__all__ = ["address"]  # a fixture

C = "/contracts/OCB0000124"
LISTS = {
    f"{C}/orders": "orders",
    f"{C}/subscriptions": "subscriptions",
    "/account/orders": "orders",
    "/account/subscriptions": "subscriptions",
    "/account/contracts": "contracts",
}
PAGES = (
    "/",
    f"{C}/",
    f"{C}/dashboard",
    f"{C}/console",
    f"{C}/services",
    f"{C}/services/service-1",
    f"{C}/support",
    f"{C}/orders/HONEY1655-1801-001",
    "/account/profile",
    "/legal",
    "/accessibility",
    "/nowhere",
    *LISTS,
)
K = 1000


@pytest.fixture
def fill(cast):
    """Somebody with everything, and lists of so many rows."""

    def fill(rows: int) -> None:
        cast.member("paul.dupont", referent=True, console_roles=["admin"])
        for number in range(6):
            cast.service(f"service-{number}", position=number)
        cast.orders(rows)
        cast.subscriptions_of_orders()
        for number in range(min(rows, 30)):
            cast.member("paul.dupont", ref=f"OCB00020{number:02}")

    return fill


def wire(browser: Browser, path: str, **headers: str) -> bytes:
    """What goes over the wire to a browser that knows brotli."""
    answer = browser.client.get(
        path,
        headers={"Accept-Encoding": "br", **headers},
        base_url="http://portal.test/",
        buffered=True,
    )
    assert answer.status_code in {200, 404}, (path, answer.status)
    return answer.data


def resources(page: Page) -> set[str]:
    """What a browser fetches for a page, each address once."""
    found = {str(tag["href"]) for tag in page.all("link[rel=stylesheet], link[rel=icon]")}
    found |= {str(tag["src"]) for tag in page.all("script[src], img[src]")}
    found |= {urldefrag(str(tag["href"])).url for tag in page.all("use[href]")}
    ours = ("/static/", "/captcha/")
    assert all(address.startswith(ours) for address in found), "no third party"
    return found


@pytest.mark.parametrize("locale", ["fr", "en"])
class TestBytes:
    def test_light_pages_and_parts(self, cast, fill, browse_as, locale):
        cast.account("paul.dupont", locale=locale)
        fill(60)
        paul = browse_as("paul.dupont")
        sizes = {path: len(wire(paul, path)) for path in PAGES}
        assert max(sizes.values()) <= 6 * K, sizes
        parts = {
            path: len(wire(paul, path, **{"HX-Request": "true", "HX-Target": part}))
            for path, part in LISTS.items()
        }
        assert max(parts.values()) <= 3 * K, parts

    def test_light_first_visit(self, cast, fill, browse_as, locale):
        cast.account("paul.dupont", locale=locale)
        fill(60)
        paul = browse_as("paul.dupont")
        for path in PAGES:
            wanted = resources(paul.get(path))
            assert 1 + len(wanted) <= 6, (path, wanted)
            total = len(wire(paul, path)) + sum(len(wire(paul, one)) for one in wanted)
            assert total <= 30 * K, (path, total)

    def test_light_sign_in_page(self, app, locale):
        browser = Browser(app, language=locale)
        for path in ("/login", "/password/forgot"):
            wanted = resources(browser.get(path))
            assert 1 + len(wanted) <= 4, wanted
            assert not [one for one in wanted if "htmx" in one]
            total = len(wire(browser, path)) + sum(len(wire(browser, one)) for one in wanted)
            assert total <= 10 * K, total


class TestAssets:
    def sizes(self, browse: Browser, app) -> dict[str, int]:
        return {
            name: len(wire(browse, address)) for name, address in app.extensions["assets"].items()
        }

    def test_light_style_and_script_budgets(self, app, browse):
        sizes = self.sizes(browse, app)
        assert sizes["app.css"] <= 8 * K, sizes
        assert sizes["app.js"] <= 2 * K, sizes

    def test_light_the_scripts_of_each_page_fit_the_budget(self, app, browse):
        """htmx and what all pages have, with those of its own."""
        sizes, pages = self.sizes(browse, app), ROOT / "selfcare" / "templates"
        for path in pages.rglob("*.html"):
            named = set(re.findall(r"asset\([\"'](\w+\.js)[\"']\)", path.read_text()))
            loaded = named | {"htmx.min.js", "app.js"}
            assert sum(sizes[name] for name in loaded) <= 18 * K, (path, loaded, sizes)

    def test_light_browsers_without_css_variables_get_the_light_colours(self, app, browse):
        css = browse.client.get(app.extensions["assets"]["app.css"], buffered=True).text
        plain = re.sub(r"[^{};]*var\([^{};]*", "", css.partition("}")[2])
        assert re.search(r"\.button\.primary \{[^}]*background: #0b5cad;[^}]*color: #fff;", plain)
        for rule in re.findall(r"\{([^{}]*)\}", css):
            names = re.findall(r"(?m)(?:^|;)\s*([a-z-]+):", rule)
            with_variables = re.findall(r"(?:^|;)\s*([a-z][a-z-]*):[^;]*var\(", rule)
            assert all(names.count(name) >= 2 for name in with_variables), rule

    def test_light_static_files_are_kept_for_ever_and_compressed_beforehand(self, app, browse):
        for path in app.extensions["assets"].values():
            assert re.search(r"\.[0-9a-f]{12}\.", path), path
            answer = browse.client.get(path, headers={"Accept-Encoding": "br"}, buffered=True)
            assert "immutable" in answer.headers["Cache-Control"]
            assert "max-age=31536000" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            if len(browse.client.get(path, buffered=True).data) > 700:
                assert answer.headers.get("Content-Encoding") == "br", path

    def test_light_browsers_without_compression_are_served_too(self, browse):
        for encoding in ("identity", "gzip", ""):
            answer = browse.client.get("/legal", headers={"Accept-Encoding": encoding})
            assert answer.status_code == 200
            assert answer.headers.get("Content-Encoding", "") == {"gzip": "gzip"}.get(encoding, "")

    def test_light_a_changed_file_gets_another_name(self, app, another_app):
        red = another_app(brand_color="#a01010").extensions["assets"]
        assert red["app.css"] != app.extensions["assets"]["app.css"]
        assert red["app.js"] == app.extensions["assets"]["app.js"]


def test_light_a_form_with_mistakes_is_compressed_too(cast, browse_as):
    cast.member("paul.dupont", referent=True)
    paul = browse_as("paul.dupont")
    token = paul.get("/account/profile/edit").csrf()
    answer = paul.client.post(
        "/account/profile/edit",
        data={"csrf_token": token},
        headers={"Accept-Encoding": "br"},
        base_url="http://portal.test/",
    )
    assert answer.status == "422 UNPROCESSABLE ENTITY"
    assert answer.headers["Content-Encoding"] == "br"


class TestStatements:
    @pytest.mark.parametrize("rows", [0, 25, 500])
    def test_fast_sql_statements_do_not_grow_with_the_rows(self, fill, browse_as, statements, rows):
        fill(rows)
        paul = browse_as("paul.dupont")
        counts = {}
        for path in PAGES:
            statements.clear()
            paul.client.get(path, base_url="http://portal.test/")
            counts[path] = len(statements)
        assert max(counts[path] for path in LISTS) <= 2, counts  # who and where, rows with a count
        assert max(counts.values()) <= 8, counts

    def test_fast_who_is_here_where_and_with_which_menu_is_one_statement(
        self, cast, fill, browse_as, statements
    ):
        fill(0)
        cast.contract("OCB0000777", name='Étoile « d’or » "\\')
        cast.member("paul.dupont", ref="OCB0000777", referent=True)
        paul = browse_as("paul.dupont")
        statements.clear()
        page = paul.get("/contracts/OCB0000777/support")
        assert len(statements) == 1, statements
        assert 'Étoile « d’or » "\\' in page.words
        statements.clear()
        assert paul.get("/contracts/OCB0000001/support").status == 404
        assert len(statements) == 1, statements

    def test_fast_a_part_costs_no_more_than_its_page(self, fill, browse_as, statements):
        fill(25)
        paul = browse_as("paul.dupont")
        for path, part in LISTS.items():
            statements.clear()
            paul.get(path, part=part)
            assert len(statements) <= 2, (path, statements)
            assert "json" not in statements[0], "a part has no menu"

    def test_fast_reading_takes_no_transaction(self, fill, browse_as, statements):
        fill(25)
        paul = browse_as("paul.dupont")
        statements.clear()
        paul.get(f"{C}/orders")
        assert not [s for s in statements if re.match(r"BEGIN|COMMIT|UPDATE|INSERT|DELETE", s)]


@pytest.mark.slow
def test_light_fast_every_page_there_is(app, cast, address, browse_as, statements):
    """All routes, with what makes them long: 6 kB on the wire, 8 statements."""
    cast.orders(60)
    for number in range(30):
        cast.member("paul.dupont", ref=f"OCB00020{number:02}")
    paul = browse_as("paul.dupont")
    sizes, counts = {}, {}
    for path in map(address, rules(app, "GET")):
        statements.clear()
        answer = paul.client.get(
            path, headers={"Accept-Encoding": "br"}, base_url="http://portal.test/", buffered=True
        )
        if answer.mimetype == "text/html":
            sizes[path], counts[path] = len(answer.data), len(statements)
    assert len(sizes) > 40
    assert {path: size for path, size in sizes.items() if size > 6 * K} == {}
    assert {path: count for path, count in counts.items() if count > 8} == {}
