/* Hands the server's wish to the browser, and the browser's answer to the form (WebAuthn). */
(function () {
  var form = document.querySelector("form[data-passkey]"), status = document.getElementById("status");
  if (!form) return;
  /* Without this script the button has no effect, so it comes disabled. */
  form.querySelector("[type=submit]").disabled = false;

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
  }
  function text(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function away() {
    status.className = "notice bad";
    status.textContent = form.dataset.away;
  }
  form.addEventListener("submit", function (event) {
    var options = JSON.parse(form.dataset.options), kind = form.dataset.passkey;
    /* Filled in: let it go. A field that is empty: the server says so. */
    if (form.elements.credential.value) return;
    if (form.elements.name && !(form.elements.name.value.trim() && form.elements.password.value)) return;
    event.preventDefault();
    if (!navigator.credentials || !window.PublicKeyCredential) return away();
    options.challenge = bytes(options.challenge);
    [options.user].concat(options.excludeCredentials, options.allowCredentials).forEach(function (one) {
      if (one) one.id = bytes(one.id);
    });
    navigator.credentials[kind]({ publicKey: options }).then(function (made) {
      var answer = {}, from = made.response;
      for (var name in from) if (from[name] instanceof ArrayBuffer) answer[name] = text(from[name]);
      form.elements.credential.value = JSON.stringify({
        id: made.id, rawId: made.id, type: made.type, response: answer,
        clientExtensionResults: made.getClientExtensionResults()
      });
      form.submit();
    }).catch(away);
  });
})();
