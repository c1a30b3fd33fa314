// npm's oidc-provider, as a provider of another make: the modules have to pass there, too.
import Provider from "oidc-provider";

export async function start(given) {
  const provider = new Provider(given.issuer, {
    clients: [{
      client_id: given.client_id, client_secret: given.client_secret, redirect_uris: [given.redirect_uri],
      post_logout_redirect_uris: [given.post_logout_uri], response_types: ["code"], grant_types: ["authorization_code"],
      backchannel_logout_uri: given.backchannel_uri, backchannel_logout_session_required: true,
    }],
    fetch: (url, { dispatcher, ...options }) => fetch(url, options), // its own refuses this machine
    enableHttpPostMethods: true,
    cookies: { long: { sameSite: "none" }, short: { sameSite: "none" } },
    pkce: { required: () => false },
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
    responseModes: ["query", "form_post"],
    claims: { profile: ["name"], email: ["email", "email_verified"], address: ["address"], phone: ["phone_number"], openid: ["sub"] },
    conformIdTokenClaims: false,
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: "Somebody", email: "somebody@example.com", email_verified: true }),
    }),
  });
  const server = provider.listen(Number(new URL(given.issuer).port), "127.0.0.1");
  return () => server.close();
}
