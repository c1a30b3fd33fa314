/* What HTML and htmx leave open. Pages work without it. */
(function () {
  var doc = document, status = doc.getElementById("status"), errors = doc.getElementById("errors");
  if (errors) errors.focus();

  function say(text, shown) {
    if (!status) return;
    status.className = shown ? "notice bad" : "quiet";
    status.textContent = text;
  }
  function closeMenu(outsideOf, back) {
    [].forEach.call(doc.querySelectorAll("details.menu[open]"), function (menu) {
      if (menu.contains(outsideOf)) return;
      menu.open = false;
      if (back) menu.querySelector("summary").focus();
    });
  }
  function on(name, react) { doc.addEventListener(name, function (event) { react(event.detail, event); }); }

  on("click", function (_, event) { closeMenu(event.target); });
  on("keydown", function (_, event) { if (event.key === "Escape") closeMenu(null, true); });

  on("htmx:beforeRequest", function (detail) {
    detail.target.setAttribute("aria-busy", "true");
    doc.documentElement.classList.add("busy");
  });
  on("htmx:afterRequest", function (detail) {
    detail.target.removeAttribute("aria-busy");
    doc.documentElement.classList.remove("busy");
  });
  /* A refusal or failure is a whole page: show its main part instead of ours. */
  on("htmx:beforeSwap", function (detail) {
    var code = detail.xhr.status, page, main;
    if (code < 400 || code === 422) return;
    page = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
    main = page.getElementById("main");
    detail.shouldSwap = false;
    if (!main) return say(status.getAttribute("data-away"), true);
    doc.title = page.title;
    doc.getElementById("main").innerHTML = main.innerHTML;
    doc.getElementById("main").focus();
    scrollTo(0, 0);
  });
  on("htmx:sendError", function () { say(status.getAttribute("data-away"), true); });
  /* Say what came; a reader whose link is gone goes on at the top of the new part. */
  on("htmx:afterSettle", function (detail, event) {
    var part = event.target, news = part.querySelector("[data-status]");
    if (news) say(news.textContent.trim());
    if (doc.activeElement === doc.body && part.tabIndex === -1) part.focus({ preventScroll: true });
  });
})();
