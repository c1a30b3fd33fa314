// node run.mjs '{"issuer": …}' prints what came of each module: {"basic": {"oidcc-server": null, …}}.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import * as oauth from "oauth4webapi";
import { Browser } from "./browser.mjs";
import { Party, backchannel, basic, config, logout } from "./modules.mjs";

const given = { ...JSON.parse(process.argv[2]), told: [] };
const listener = createServer(async (request, answer) => {
  given.told.push(new URLSearchParams(await text(request)));
  answer.writeHead(200, { "cache-control": "no-store" }).end();
}).listen(Number(new URL(given.backchannel_uri).port), "127.0.0.1");
const stop = given.other_make ? await (await import("./other.mjs")).start(given) : () => {};
const issuer = new URL(given.issuer);
const found = await oauth.discoveryRequest(issuer, { [oauth.allowInsecureRequests]: true });
const server = await oauth.processDiscoveryResponse(issuer, found);
const plans = { basic: [basic, {}], formpost: [basic, { response_mode: "form_post" }], config: [config, {}], logout: [logout, {}], backchannel: [backchannel, {}] };
const results = {};
for (const [plan, [modules, more]] of Object.entries(plans)) {
  results[plan] = {};
  for (const [name, module] of Object.entries(modules)) {
    const browser = new Browser(given.person, given.redirect_uri);
    try {
      await module(new Party(server, { ...given, ...more }, browser));
      results[plan][name] = null;
    } catch (problem) {
      results[plan][name] = `${problem.message ?? problem} ${problem.cause ? JSON.stringify(problem.cause) : ""}`;
    }
  }
}
console.log(JSON.stringify(results));
listener.close();
listener.closeAllConnections();
stop();
