// The modules of the OpenID Foundation's test plans, by their names there; driven by oauth4webapi.
// The suite itself skips some on a client that did not register itself: idtoken-signature, idtoken-unsigned and
// request-uri-unsigned. alternate-happy-flow is the later name of ensure-other-scope-order-succeeds.
import assert from "node:assert/strict";
import * as jose from "jose";
import * as oauth from "oauth4webapi";

const INSECURE = { [oauth.allowInsecureRequests]: true };
// Any of these says that somebody would have to be asked.
const ASKS = ["interaction_required", "login_required", "account_selection_required", "consent_required"];
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export class Party {
  constructor(server, given, browser) {
    Object.assign(this, { server, given, browser });
    this.client = { client_id: given.client_id };
    this.authentication = oauth.ClientSecretBasic(given.client_secret);
  }

  // An authorization request, and what comes back to the client.
  async ask(changes = {}, { post = false, reversed = false } = {}) {
    this.state = oauth.generateRandomState().padEnd(128, "x"); // as long as the suite's
    this.nonce = oauth.generateRandomNonce();
    const asked = new URLSearchParams();
    const usual = { client_id: this.client.client_id, redirect_uri: this.given.redirect_uri, response_type: "code", scope: "openid", state: this.state, nonce: this.nonce };
    if (this.given.response_mode) usual.response_mode = this.given.response_mode;
    const entries = Object.entries({ ...usual, ...changes });
    for (const [name, value] of reversed ? entries.reverse() : entries) if (value !== null) asked.set(name, value);
    if (changes.nonce === null) this.nonce = undefined;
    const address = this.server.authorization_endpoint;
    const back = post ? await this.browser.go(address, asked) : await this.browser.go(`${address}?${asked}`);
    assert.ok(back.url, `no answer to the client: ${back.status} ${back.page?.slice(0, 300)}`);
    this.mode = back.body ? "form_post" : "query";
    return back.body ?? back.url.searchParams;
  }

  valid(answer) {
    return oauth.validateAuthResponse(this.server, this.client, answer, this.state);
  }

  async redeem(answer, { verifier = oauth.nopkce, authentication = this.authentication } = {}) {
    return oauth.authorizationCodeGrantRequest(this.server, this.client, authentication, this.valid(answer), this.given.redirect_uri, verifier, INSECURE);
  }

  // The whole way: tokens, their signature checked, and the claims of the ID token.
  async signIn(changes = {}, { post = false, reversed = false, maxAge, ...how } = {}) {
    const response = await this.redeem(await this.ask(changes, { post, reversed }), how);
    const tokens = await oauth.processAuthorizationCodeResponse(this.server, this.client, response, { expectedNonce: this.nonce, requireIdToken: true, maxAge });
    await oauth.validateApplicationLevelSignature(this.server, response, INSECURE);
    return { ...tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
  }

  async userinfo(tokens, options = {}) {
    const response = await fetch(this.server.userinfo_endpoint, options);
    return oauth.processUserInfoResponse(this.server, this.client, tokens.claims.sub, response);
  }

  async refused(changes, ...errors) {
    const answer = await this.ask(changes);
    assert.throws(() => this.valid(answer), (e) => e instanceof oauth.AuthorizationResponseError && errors.includes(e.error), `not ${errors}: ${answer}`);
  }
}

const withScope = (scope, ...names) => async (party) => {
  const tokens = await party.signIn({ scope: `openid ${scope}` });
  const told = await party.userinfo(tokens, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  for (const name of names) assert.ok(name in told, `${name} is missing`);
};
const passes = (changes) => (party) => party.signIn(changes);
// Twice by the same sign-in.
const again = (first, second) => async (party) => {
  const one = await party.signIn(...(first ?? []));
  const asked = party.browser.asked;
  const two = await party.signIn(...second(one));
  assert.equal(party.browser.asked, asked, "somebody was asked to sign in");
  assert.equal(two.claims.sub, one.claims.sub);
  assert.equal(two.claims.auth_time, one.claims.auth_time);
};
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const unsigned = (claims) => `${encoded({ alg: "none" })}.${encoded(claims)}.`;
const bearer = (tokens) => ({ authorization: `Bearer ${tokens.access_token}` });

export const basic = {
  "oidcc-server": passes({}),
  "oidcc-response-type-missing": (party) => party.refused({ response_type: null }, "invalid_request", "unsupported_response_type"),
  "oidcc-idtoken-signature": async (party) => {
    const { alg, kid } = jose.decodeProtectedHeader((await party.signIn()).id_token);
    assert.equal(alg, "RS256");
    assert.ok(kid);
  },
  "oidcc-idtoken-unsigned": ({ server }) => assert.ok(!server.id_token_signing_alg_values_supported.includes("none")),
  "oidcc-userinfo-get": async (party) => { const t = await party.signIn(); await party.userinfo(t, { headers: bearer(t) }); },
  "oidcc-userinfo-post-header": async (party) => { const t = await party.signIn(); await party.userinfo(t, { method: "POST", headers: bearer(t) }); },
  "oidcc-userinfo-post-body": async (party) => { const t = await party.signIn(); await party.userinfo(t, { method: "POST", body: new URLSearchParams({ access_token: t.access_token }) }); },
  "oidcc-ensure-request-without-nonce-succeeds-for-code-flow": passes({ nonce: null }),
  "oidcc-scope-profile": withScope("profile", "name"),
  "oidcc-scope-email": withScope("email", "email", "email_verified"),
  "oidcc-scope-address": withScope("address"),
  "oidcc-scope-phone": withScope("phone"),
  "oidcc-scope-all": withScope("profile email address phone", "name", "email"),
  "oidcc-ensure-other-scope-order-succeeds": passes({ scope: "email openid" }),
  "oidcc-alternate-happy-flow": async (party) => {
    const tokens = await party.signIn({ scope: "email openid" }, { reversed: true });
    const told = await party.userinfo(tokens, { headers: bearer(tokens) });
    assert.ok("email" in told);
  },
  "oidcc-display-page": passes({ display: "page" }),
  "oidcc-display-popup": passes({ display: "popup" }),
  "oidcc-prompt-login": async (party) => {
    const first = await party.signIn();
    const asked = party.browser.asked;
    await sleep(1.1);
    const second = await party.signIn({ prompt: "login" });
    assert.equal(party.browser.asked, asked + 1, "nobody was asked to sign in");
    assert.equal(second.claims.sub, first.claims.sub);
    if (first.claims.auth_time && second.claims.auth_time) assert.ok(second.claims.auth_time > first.claims.auth_time);
  },
  "oidcc-prompt-none-not-logged-in": async (party) => { party.browser.cookies.clear(); await party.refused({ prompt: "none" }, ...ASKS); },
  "oidcc-prompt-none-logged-in": again(null, () => [{ prompt: "none" }]),
  "oidcc-max-age-1": async (party) => {
    const first = await party.signIn();
    const asked = party.browser.asked;
    await sleep(2.1);
    const second = await party.signIn({ max_age: "1" }, { maxAge: 1 });
    assert.equal(party.browser.asked, asked + 1, "nobody was asked to sign in");
    assert.ok(Date.now() / 1000 - second.claims.auth_time < 60, "auth_time is missing or old");
    if (first.claims.auth_time) assert.ok(second.claims.auth_time > first.claims.auth_time);
  },
  "oidcc-max-age-10000": again([{ max_age: "15000" }, { maxAge: 15000 }], () => [{ max_age: "10000" }, { maxAge: 10000 }]),
  "oidcc-ensure-request-with-unknown-parameter-succeeds": passes({ extra: "foobar" }),
  "oidcc-id-token-hint": again(null, (first) => [{ prompt: "none", id_token_hint: first.id_token }]),
  "oidcc-login-hint": passes({ login_hint: "somebody@example.com" }),
  "oidcc-ui-locales": passes({ ui_locales: "se" }),
  "oidcc-claims-locales": passes({ claims_locales: "se" }),
  "oidcc-ensure-request-with-acr-values-succeeds": passes({ acr_values: "1 2" }),
  "oidcc-codereuse": async (party) => {
    const answer = await party.ask();
    assert.equal((await party.redeem(answer)).status, 200);
    const again = await party.redeem(answer);
    assert.equal(again.status, 400);
    assert.equal((await again.json()).error, "invalid_grant");
  },
  "oidcc-codereuse-30seconds": async (party) => {
    const answer = await party.ask();
    const tokens = await (await party.redeem(answer)).json();
    await sleep(party.given.patience);
    const again = await party.redeem(answer);
    assert.equal(again.status, 400);
    assert.equal((await again.json()).error, "invalid_grant");
    const told = await fetch(party.server.userinfo_endpoint, { headers: bearer(tokens) });
    assert.equal(told.status, 401, "the tokens of the first use are still good");
  },
  "oidcc-ensure-registered-redirect-uri": async (party) => {
    const asked = new URLSearchParams({ client_id: party.client.client_id, redirect_uri: `${party.given.redirect_uri}x`, response_type: "code", scope: "openid" });
    const seen = await party.browser.go(`${party.server.authorization_endpoint}?${asked}`);
    assert.ok(!seen.url && seen.status >= 400, "it leads to an address that nobody registered");
  },
  "oidcc-ensure-post-request-succeeds": (party) => party.signIn({}, { post: true }),
  "oidcc-server-client-secret-post": (party) => party.signIn({}, { authentication: oauth.ClientSecretPost(party.given.client_secret) }),
  "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": (party) =>
    party.refused({ request_uri: `${party.given.redirect_uri}/request.jwt` }, "request_uri_not_supported"),
  "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": (party) =>
    party.refused({ request: unsigned({ iss: party.client.client_id, aud: party.server.issuer, scope: "openid" }) }, "request_not_supported"),
  "oidcc-ensure-request-object-with-redirect-uri": async (party) => {
    // Where request objects are not supported, the address beside them counts, and is refused.
    assert.ok(!party.server.request_parameter_supported);
    const asked = new URLSearchParams({
      client_id: party.client.client_id, redirect_uri: `${party.given.redirect_uri}x`, response_type: "code", scope: "openid",
      request: unsigned({ redirect_uri: party.given.redirect_uri }),
    });
    const seen = await party.browser.go(`${party.server.authorization_endpoint}?${asked}`);
    assert.ok(!seen.url && seen.status >= 400, "it leads to an address that nobody registered");
  },
  "oidcc-claims-essential": async (party) => {
    const tokens = await party.signIn({ claims: JSON.stringify({ userinfo: { name: { essential: true } } }) });
    await party.userinfo(tokens, { headers: bearer(tokens) });
  },
  "oidcc-refresh-token": async (party) => {
    const tokens = await party.signIn({ scope: "openid offline_access", prompt: "consent" });
    assert.ok(!tokens.refresh_token, "then the module has more to do");
  },
  "oidcc-ensure-request-with-valid-pkce-succeeds": async (party) => {
    const verifier = oauth.generateRandomCodeVerifier();
    const code_challenge = await oauth.calculatePKCECodeChallenge(verifier);
    await party.signIn({ code_challenge, code_challenge_method: "S256" }, { verifier });
  },
};

export const config = {
  "oidcc-discovery-endpoint-verification": async ({ server }) => {
    for (const name of ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"]) assert.ok(server[name], name);
    assert.ok(server.id_token_signing_alg_values_supported.includes("RS256"));
    const { keys } = await (await fetch(server.jwks_uri)).json();
    assert.ok(keys.length && keys.every((key) => key.kid && !("d" in key)));
  },
};

// Signing out, by way of the page that asks, if there is one: `ends` says what has to come of it.
const BYE = "bye".repeat(43);
const leave = (change, ends) => async (party) => {
  const tokens = await party.signIn();
  const usual = { id_token_hint: tokens.id_token, post_logout_redirect_uri: party.given.post_logout_uri, state: BYE };
  const asked = new URLSearchParams(Object.entries(await change(usual, tokens)).filter(([, value]) => value !== null));
  party.browser.stop = party.given.post_logout_uri;
  let seen = await party.browser.go(`${party.server.end_session_endpoint}?${asked}`);
  if (seen.form && /<button[^>]*\bname="logout"/i.test(seen.page)) seen.form.fields.set("logout", "yes");
  if (seen.form && !seen.url) seen = await party.browser.go(seen.form.action, seen.form.fields);
  party.browser.stop = party.given.redirect_uri;
  await ends(seen, party, tokens);
};
const isOut = (party) => party.refused({ prompt: "none" }, ...ASKS);
const returns = (state) => async (seen, party) => {
  assert.ok(seen.url, `it leads nowhere: ${seen.status}`);
  assert.equal(seen.url.searchParams.get("state"), state);
  await isOut(party);
};
const stays = (seen) => assert.ok(!seen.url, "it leads back to the client");
const endsHere = async (seen, party) => {
  stays(seen);
  await isOut(party);
};
const byAnothersKey = async (tokens) => {
  const { privateKey } = await jose.generateKeyPair("RS256");
  return new jose.SignJWT(jose.decodeJwt(tokens.id_token)).setProtectedHeader(jose.decodeProtectedHeader(tokens.id_token)).sign(privateKey);
};

export const logout = {
  "oidcc-rp-initiated-logout-discovery-endpoint-verification": ({ server }) => assert.ok(server.end_session_endpoint),
  "oidcc-rp-initiated-logout": leave((usual) => usual, returns(BYE)),
  "oidcc-rp-initiated-logout-bad-id-token-hint": leave(async (usual, tokens) => ({ ...usual, id_token_hint: await byAnothersKey(tokens) }), stays),
  "oidcc-rp-initiated-logout-modified-id-token-hint": leave((usual, tokens) => ({ ...usual, id_token_hint: unsigned(tokens.claims) }), stays),
  "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": leave((usual) => ({ ...usual, post_logout_redirect_uri: `${usual.post_logout_redirect_uri}x` }), stays),
  "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": leave((usual) => ({ ...usual, post_logout_redirect_uri: `${usual.post_logout_redirect_uri}?foo=bar` }), stays),
  "oidcc-rp-initiated-logout-no-id-token-hint": leave((usual) => ({ ...usual, id_token_hint: null }), stays),
  "oidcc-rp-initiated-logout-no-params": leave(() => ({}), endsHere),
  "oidcc-rp-initiated-logout-only-state": leave(() => ({ state: BYE }), endsHere),
  "oidcc-rp-initiated-logout-no-post-logout-redirect-uri": leave((usual) => ({ ...usual, post_logout_redirect_uri: null }), endsHere),
  "oidcc-rp-initiated-logout-no-state": leave((usual) => ({ ...usual, state: null }), returns(null)),
};

// The client's back-channel address: what it was told, by the `sid` of the sign-in that ended.
const told = async (party, sid) => {
  const keys = jose.createRemoteJWKSet(new URL(party.server.jwks_uri));
  for (let waits = 0; waits < 200; waits++) {
    for (const body of party.given.told) {
      const names = [...body.keys()];
      const { payload } = await jose.jwtVerify(body.get("logout_token"), keys, {
        issuer: party.server.issuer, audience: party.client.client_id, requiredClaims: ["iat", "jti"],
      });
      if (payload.sid === sid) return { names, payload };
    }
    await sleep(0.1);
  }
  assert.fail("nobody told the client");
};

export const backchannel = {
  "oidcc-backchannel-logout-discovery-endpoint-verification": ({ server }) => {
    assert.equal(server.backchannel_logout_supported, true);
    assert.equal(server.backchannel_logout_session_supported, true);
    assert.ok(server.end_session_endpoint);
  },
  "oidcc-backchannel-rp-initiated-logout": leave((usual) => usual, async (seen, party, tokens) => {
    await returns(BYE)(seen, party);
    assert.ok(tokens.claims.sid, "the ID token has no sid");
    const { names, payload } = await told(party, tokens.claims.sid);
    assert.deepEqual(names, ["logout_token"]);
    assert.equal(payload.sub, tokens.claims.sub);
    assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
    assert.ok(!("nonce" in payload), "it could pass for an ID token");
  }),
};
