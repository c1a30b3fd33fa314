/* What HTML and htmx leave open. Pages work without it. */
(function () {
  var doc = document, root = doc.documentElement, status = doc.getElementById("status"), failed;

  function each(which, react) { [].forEach.call(doc.querySelectorAll(which), react); }
  each("#errors", function (errors) { errors.focus(); });
  /* What failed is shown as long as it has not been answered; what has the focus comes out from below. */
  function say(text, by) {
    if (!status) return;
    failed = by;
    status.className = by ? "notice bad" : "quiet";
    status.textContent = text;
    if (by) doc.activeElement.scrollIntoView({ block: "nearest" });
  }
  function closeMenu(outsideOf, back) {
    each("details.menu[open]", function (menu) {
      if (menu.contains(outsideOf)) return;
      menu.open = false;
      if (back) menu.querySelector("summary").focus();
    });
  }
  /* A client of the OpenID provider gets its answer by a form; the button sends it, too. */
  each("form[data-post]", function (form) { form.submit(); });
  /* What is to be copied has a button, which needs no permission; it stays selected as well. */
  function offer() {
    each("pre[data-copy]", function (text) {
      var button = doc.createElement("button");
      button.type = button.className = "button";
      button.textContent = text.getAttribute("data-copy");
      text.removeAttribute("data-copy");
      text.nextElementSibling.appendChild(button).onclick = function () {
        getSelection().selectAllChildren(text);
        if (doc.execCommand("copy")) say(button.textContent = text.getAttribute("data-copied"));
      };
    });
  }
  offer();
  function on(name, react) { doc.addEventListener(name, function (event) { react(event.detail, event); }); }

  on("click", function (_, event) { closeMenu(event.target); });
  on("keydown", function (_, event) {
    if (event.key === "Escape") closeMenu(null, true);
    if (event.key === "/" && !event.target.form) each("[aria-keyshortcuts]", function (field) {
      event.preventDefault();
      field.closest("details").open = true;
      field.focus();
    });
  });

  /* A list's link takes along what stands in the search field, sent or not; the form, the link's order. */
  on("htmx:configRequest", function (detail) {
    var id = detail.target.id, field = doc.getElementById(id + "-q"), sort = doc.getElementById(id + "-sort");
    if (!field || !detail.elt.search) return;
    var url = new URL(detail.elt.href).searchParams;
    sort.value = url.get(sort.name) || "";
    if ((url.get(field.name) || "") === field.value.trim()) return;
    url.set(field.name, field.value);
    ["page", "open"].forEach(function (name) { url.delete(field.name.replace(/q$/, name)); });
    detail.path = detail.elt.pathname + "?" + url;
  });

  on("htmx:beforeRequest", function (detail) {
    root.classList.add("busy");
    detail.target.setAttribute("aria-busy", "true");
  });
  on("htmx:afterRequest", function (detail) {
    root.classList.remove("busy");
    detail.requestConfig.target.removeAttribute("aria-busy");
  });
  on("htmx:beforeSwap", function (detail) {
    var fine = detail.xhr.status < 400 || detail.xhr.status === 422, event = detail.requestConfig.triggeringEvent, page, main;
    if (fine && (event || failed === detail.requestConfig.elt)) say("");
    if (fine && event) return;
    page = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
    if (fine) {
      /* The time's answer, the same again: leave what is selected in it alone; the link says when to ask next. */
      main = page.getElementById(detail.target.id);
      if (main && main.textContent === detail.target.textContent)
        detail.selectOverride = "#" + (detail.target = detail.requestConfig.elt).id;
      return;
    }
    main = page.getElementById("main");
    detail.shouldSwap = false;
    /* A refusal or failure is a whole page. Shown instead of ours where a link or a search was sent;
       nobody asked for it while typing and choosing. */
    if (!main || detail.requestConfig.verb === "post" || !event || !/click|submit/.test(event.type))
      return fail(detail, event, main && main.querySelector("h1"));
    doc.title = page.title;
    doc.getElementById("main").replaceWith(main);
    main.focus();
    scrollTo(0, 0);
  });
  /* Say it; what was worked out from older choices would not be true beside these. */
  function fail(detail, _, heading) {
    say(heading ? heading.textContent : status.getAttribute("data-away"), detail.requestConfig.elt);
    if (detail.requestConfig.verb === "post") detail.target.textContent = "";
  }
  /* Choices that stay as they are may be open, or have the focus: leave them alone. Others wait for who is pressing one. */
  on("htmx:oobBeforeSwap", function (detail) {
    var part = detail.target;
    if (part.textContent) detail.shouldSwap = part.textContent !== detail.fragment.textContent;
    if (!detail.shouldSwap || !part.form || !part.matches(":active")) return;
    detail.shouldSwap = false;
    setTimeout(htmx.trigger, 300, part.form, "revisit");
  });
  /* A page that the browser keeps for Back shows nothing until the server says whose it is. */
  var token = doc.querySelector("[action='/logout'] input");
  addEventListener("pagehide", function () { root.style.visibility = "hidden"; });
  addEventListener("pageshow", function (event) {
    if (!event.persisted || !token) return show();
    var asked = new XMLHttpRequest();
    asked.open("POST", "/signed-in");
    asked.setRequestHeader("X-CSRFToken", token.value);
    asked.onloadend = function () { asked.status === 204 ? show() : location.replace(location.href); };
    asked.send();
  });
  function show() {
    root.style.visibility = "";
    /* Back restores what was chosen in a form, not what was worked out from it. */
    var live = doc.querySelector("[data-hx-trigger*=revisit]");
    if (live && [].some.call((live.form || live).elements, function (field) {
      return field.options ? !field.options[field.selectedIndex].defaultSelected : field.checked !== field.defaultChecked;
    })) htmx.trigger(live, "revisit");
  }
  on("htmx:sendError", fail);
  /* Say what came; a reader whose link is gone goes on at the top of the new part. */
  on("htmx:afterSettle", function (detail) {
    offer();
    var part = detail.elt, news = part.querySelector("[data-status]");
    if (news) say(news.textContent.trim());
    if (doc.activeElement === doc.body && part.tabIndex === -1) part.focus({ preventScroll: true });
  });
})();
