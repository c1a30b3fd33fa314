/* The captcha as a window, and the code's seconds; both are pages and words without scripts. */
(function () {
  var doc = document, shown, timer;
  if (!window.HTMLDialogElement || !window.htmx) return;

  doc.addEventListener("click", function (event) {
    var link = event.target.closest("#get-code, [data-close]");
    if (!link) return;
    event.preventDefault();
    if (link.id !== "get-code") return close();
    shown = doc.createElement("dialog");
    shown.id = "captcha-window";
    shown.setAttribute("aria-labelledby", "captcha-title");
    shown.onclose = function () { shown.remove(); };
    doc.getElementById("main").appendChild(shown);
    shown.showModal();
    htmx.ajax("GET", link.href, shown);
  });
  function close() { if (shown) shown.close(); }

  /* All characters are there: look at once, so that the tick comes before « OK ». */
  doc.addEventListener("input", function (event) {
    var field = event.target, form = field.form;
    if (field.id !== "answer" || !form || form.elements.kind) return;
    if (field.value.trim().length === 5 && !form.sent) {
      form.sent = 1;
      htmx.trigger(form, "submit");
    }
  });

  doc.addEventListener("htmx:afterSettle", function (event) {
    var field;
    if (event.target.id === "code-told") count();
    if (event.target.id === "code-part") {
      close();
      count();
      field = doc.getElementById("code");
      if (field && !field.value) field.focus();
    } else if (event.target === shown) {
      field = shown.querySelector("#answer, button");
      if (field) field.focus();
    }
  });

  function count() {
    var text = doc.getElementById("countdown"), end;
    clearInterval(timer);
    if (!text) return;
    end = performance.now() + 1000 * text.dataset.seconds;
    function tell() {
      var left = Math.ceil((end - performance.now()) / 1000);
      text.textContent = left > 0 ? "(" + left + " " + text.dataset.left + ")" : text.dataset.over;
      if (left <= 0) clearInterval(timer);
    }
    timer = setInterval(tell, 1000);
    tell();
  }
  count();
})();
