/* Shows which rules a new password meets, and hides or shows it; the server checks them all. */
(function () {
  var list = document.getElementById("password-rules"), level = document.getElementById("password-level"),
    field = document.getElementById("password"), toggle = document.getElementById("show-passwords"), wanted, asked;
  if (!list || !field) return;

  function met(rule, text) {
    if (rule.dataset.pattern) return new RegExp("^(?:" + rule.dataset.pattern + ")$", "u").test(text);
    if (rule.dataset.maxBytes) return new TextEncoder().encode(text).length <= rule.dataset.maxBytes;
    /* Of the others nothing is said: they are known to the server only. */
  }
  function look() {
    var text = field.value.normalize("NFC"), all = text.toLowerCase() !== list.dataset.login.toLowerCase();
    list.querySelectorAll("li").forEach(function (rule) {
      var good = met(rule, text), mark = rule.querySelector("span");
      if (mark) mark.remove();
      if (good === false) all = false;
      rule.className = good && text ? "met" : "";
      if (good && text) rule.insertAdjacentHTML("afterbegin", "<span class=\"quiet\">" + list.dataset.met + " </span>");
    });
    level.textContent = text && !all ? level.dataset.unmet : "";
    if (text && all) asked = setTimeout(ask, 350, field.value);
  }
  /* What is left are the most used passwords, a list too long for a page. */
  function ask(text) {
    var form = new FormData();
    form.append("csrf_token", field.form.elements.csrf_token.value);
    form.append("login", list.dataset.login);
    form.append("password", text);
    fetch(list.dataset.level, { method: "POST", body: form, credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.text() : "";
    }).then(function (word) {
      if (field.value === text) level.textContent = level.dataset[word] || "";
    }, function () {});
  }
  field.oninput = function () {
    clearTimeout(wanted);
    clearTimeout(asked);
    wanted = setTimeout(look, 150);
  };

  if (toggle) toggle.onclick = function (event) {
    var shown = field.type === "password" ? "text" : "password", words = toggle.textContent;
    event.preventDefault();
    field.form.querySelectorAll("input[autocomplete$=password]").forEach(function (input) { input.type = shown; });
    toggle.textContent = toggle.dataset.other;
    toggle.dataset.other = words;
  };
})();
