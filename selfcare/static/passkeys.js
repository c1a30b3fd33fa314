/* Hands the server's wish to the browser, and the browser's answer to the form (WebAuthn). */
(function () {
  var form = document.querySelector("form[data-passkey]");
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
    var status = document.getElementById("status");
    status.className = "notice bad";
    status.textContent = form.dataset.away;
  }
  function known(list) {
    return (list || []).map(function (one) { return Object.assign({}, one, { id: bytes(one.id) }); });
  }
  form.addEventListener("submit", function (event) {
    var options = JSON.parse(form.dataset.options), kind = form.dataset.passkey;
    if (form.elements.credential.value) return; /* filled in: let it go */
    if (form.elements.name && !(form.elements.name.value.trim() && form.elements.password.value)) return; /* the server says why */
    event.preventDefault();
    if (!navigator.credentials || !window.PublicKeyCredential) return away();
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    options.excludeCredentials = known(options.excludeCredentials);
    options.allowCredentials = known(options.allowCredentials);
    navigator.credentials[kind]({ publicKey: options }).then(function (made) {
      var answer = {}, from = made.response;
      ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
        if (from[name]) answer[name] = text(from[name]);
      });
      form.elements.credential.value = JSON.stringify({
        id: made.id, rawId: text(made.rawId), type: made.type, response: answer,
        clientExtensionResults: made.getClientExtensionResults()
      });
      form.submit();
    }).catch(away);
  });
})();
