def test_every_page_opens(cast, browse_as, browse):
    cast.member("paul.dupont", referent=True, console_roles=["admin"])
    cast.service()
    ref = cast.order()
    sub = cast.subscription()
    browser = browse_as("paul.dupont")
    for path in ("/", "/account/profile", "/account/contracts", "/account/orders", "/account/subscriptions", f"/account/orders/{ref}", f"/account/subscriptions/{sub}"):
        page = browser.get(path); print(path, len(page.text)); assert page.status == 200
    for path in ("", "dashboard", "console", "services", "services/reservation", "orders", f"orders/{ref}", "subscriptions", f"subscriptions/{sub}", "support", f"orders?open={ref}", f"subscriptions?open={sub}&q=09/2017", "orders?q=zzz"):
        page = browser.get(f"/contracts/OCB0000124/{path}"); print(path, len(page.text)); assert page.status == 200, path
    for path in ("/login", "/legal", "/accessibility", "/password/forgot", "/healthz", "/readyz"):
        assert browse.get(path).status == 200
    print(browser.get("/contracts/OCB0000124/orders", part="orders").text[:1500])
