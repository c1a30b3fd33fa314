// A browser without scripts: it keeps cookies, follows redirects and fills in sign-in forms.

const text = (html, name) => new RegExp(`\\b${name}=["']([^"']*)["']`, "i").exec(html)?.[1]?.replaceAll("&amp;", "&").replaceAll("&#34;", '"').replaceAll("&#39;", "'");

export class Browser {
  constructor(person, stop) {
    Object.assign(this, { person, stop, cookies: new Map(), asked: 0 });
  }

  // Go somewhere; comes back with the address or form that leads to the client, or with a page.
  async go(url, body) {
    for (let hops = 0; hops < 30; hops++) {
      const answer = await fetch(url, {
        method: body ? "POST" : "GET", body, redirect: "manual",
        headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "), "accept-language": "en" },
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        if (value && !/max-age=0\b|1970/i.test(line)) this.cookies.set(name, value); else this.cookies.delete(name);
      }
      const next = answer.headers.get("location");
      if (next) {
        url = new URL(next, url).href;
        body = undefined;
        if (url.startsWith(this.stop)) return { url: new URL(url) };
        continue;
      }
      const page = await answer.text();
      const form = this.form(page, url);
      if (form?.action.startsWith(this.stop)) return { url: new URL(form.action), body: form.fields };
      if (form && (form.fields.has("password") || form.fields.get("prompt") === "consent")) {
        if (form.fields.has("password")) this.asked++;
        [url, body] = [form.action, form.fields];
        continue;
      }
      return { status: answer.status, page, form };
    }
    throw new Error("it goes round in circles");
  }

  form(page, url) {
    const found = /<form[^>]*>(?:(?!<form)[\s\S])*?<\/form>/gi;
    for (const [form] of (page.split(/<\/?main/i)[1] ?? page).matchAll(found)) {
      const fields = new URLSearchParams();
      for (const [input] of form.matchAll(/<input[^>]*>/gi)) {
        const name = text(input, "name");
        if (name) fields.set(name, { login: this.person.login, password: this.person.password }[name] ?? text(input, "value") ?? "");
      }
      return { action: new URL(text(form.split(">")[0], "action") || url, url).href, fields };
    }
  }
}
