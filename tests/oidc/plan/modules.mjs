// The modules of the OpenID Foundation's test plans, by their names there; driven by oauth4webapi.
import assert from "node:assert/strict";
import * as jose from "jose";
import * as oauth from "oauth4webapi";

const INSECURE = { [oauth.allowInsecureRequests]: true };
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export class Party {
  constructor(server, given, browser) {
    Object.assign(this, { server, given, browser });
    this.client = { client_id: given.client_id };
    this.authentication = oauth.ClientSecretBasic(given.client_secret);
  }

  // An authorization request, and what comes back to the client.
  async ask(changes = {}, { post = false } = {}) {
    this.state = oauth.generateRandomState();
    this.nonce = oauth.generateRandomNonce();
    const asked = new URLSearchParams();
    const usual = { client_id: this.client.client_id, redirect_uri: this.given.redirect_uri, response_type: "code", scope: "openid", state: this.state, nonce: this.nonce };
    if (this.given.response_mode) usual.response_mode = this.given.response_mode;
    for (const [name, value] of Object.entries({ ...usual, ...changes })) if (value !== null) asked.set(name, value);
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
  async signIn(changes = {}, { post = false, maxAge, ...how } = {}) {
    const response = await this.redeem(await this.ask(changes, { post }), how);
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
const bearer = (tokens) => ({ authorization: `Bearer ${tokens.access_token}` });

export const basic = {
  "oidcc-server": passes({}),
  "oidcc-response-type-missing": (party) => party.refused({ response_type: null }, "invalid_request", "unsupported_response_type"),
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
  "oidcc-prompt-none-not-logged-in": async (party) => { party.browser.cookies.clear(); await party.refused({ prompt: "none" }, "login_required", "interaction_required"); },
  "oidcc-prompt-none-logged-in": async (party) => {
    const first = await party.signIn();
    const second = await party.signIn({ prompt: "none" });
    assert.equal(second.claims.sub, first.claims.sub);
  },
  "oidcc-max-age-1": async (party) => {
    await party.signIn();
    const asked = party.browser.asked;
    await sleep(2.1);
    const second = await party.signIn({ max_age: "1" }, { maxAge: 1 });
    assert.equal(party.browser.asked, asked + 1, "nobody was asked to sign in");
    assert.ok(second.claims.auth_time);
  },
  "oidcc-max-age-10000": async (party) => {
    await party.signIn();
    const asked = party.browser.asked;
    await party.signIn({ max_age: "10000" }, { maxAge: 10000 });
    assert.equal(party.browser.asked, asked);
  },
  "oidcc-ensure-request-with-unknown-parameter-succeeds": passes({ extra: "foobar" }),
  "oidcc-id-token-hint": async (party) => {
    const first = await party.signIn();
    const second = await party.signIn({ prompt: "none", id_token_hint: first.id_token });
    assert.equal(second.claims.sub, first.claims.sub);
  },
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
    assert.equal((await party.redeem(answer)).status, 400);
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
  "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": (party) =>
    party.refused({ request: "eyJhbGciOiJub25lIn0.e30." }, "request_not_supported", "invalid_request_object", "invalid_request"),
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

// Signing out: `ends` says whether the person's sign-in is over afterwards.
const leave = (change, ends) => async (party) => {
  const tokens = await party.signIn();
  const usual = { id_token_hint: tokens.id_token, post_logout_redirect_uri: party.given.post_logout_uri, state: "bye" };
  const asked = new URLSearchParams(Object.entries(change(usual)).filter(([, value]) => value !== null));
  party.browser.stop = party.given.post_logout_uri;
  let seen = await party.browser.go(`${party.server.end_session_endpoint}?${asked}`);
  if (seen.form && /<button[^>]*\bname="logout"/i.test(seen.page)) seen.form.fields.set("logout", "yes");
  if (seen.form && !seen.url) seen = await party.browser.go(seen.form.action, seen.form.fields);
  party.browser.stop = party.given.redirect_uri;
  await ends(seen, party, tokens);
};
const returns = (state) => (seen) => {
  assert.ok(seen.url, `it leads nowhere: ${seen.status}`);
  assert.equal(seen.url.searchParams.get("state"), state);
};
const stays = (seen) => assert.ok(!seen.url, "it leads back to the client");

export const logout = {
  "oidcc-rp-initiated-logout-discovery-endpoint-verification": ({ server }) => assert.ok(server.end_session_endpoint),
  "oidcc-rp-initiated-logout": leave((usual) => usual, returns("bye")),
  "oidcc-rp-initiated-logout-bad-id-token-hint": leave((usual) => ({ ...usual, id_token_hint: "bad" }), stays),
  "oidcc-rp-initiated-logout-modified-id-token-hint": leave((usual) => ({ ...usual, id_token_hint: `${usual.id_token_hint.slice(0, -6)}AAAAAA` }), stays),
  "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri": leave((usual) => ({ ...usual, post_logout_redirect_uri: `${usual.post_logout_redirect_uri}x` }), stays),
  "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri": leave((usual) => ({ ...usual, post_logout_redirect_uri: `${usual.post_logout_redirect_uri}?x=1` }), stays),
  "oidcc-rp-initiated-logout-no-id-token-hint": leave((usual) => ({ ...usual, id_token_hint: null }), stays),
  "oidcc-rp-initiated-logout-no-params": leave(() => ({}), stays),
  "oidcc-rp-initiated-logout-only-state": leave(() => ({ state: "bye" }), stays),
  "oidcc-rp-initiated-logout-no-post-logout-redirect-uri": leave((usual) => ({ ...usual, post_logout_redirect_uri: null }), stays),
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
    returns("bye")(seen);
    assert.ok(tokens.claims.sid, "the ID token has no sid");
    const { names, payload } = await told(party, tokens.claims.sid);
    assert.deepEqual(names, ["logout_token"]);
    assert.equal(payload.sub, tokens.claims.sub);
    assert.deepEqual(payload.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
    assert.ok(!("nonce" in payload), "it could pass for an ID token");
    await party.refused({ prompt: "none" }, "login_required", "interaction_required");
  }),
};
