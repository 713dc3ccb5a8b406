// A key is used once: with the example's key, "Execute" would repeat somebody's earlier request.
const KEY = "Idempotency-Key";
const used = new Set();
const TOKEN = "/oauth/token"; // to which a client without a secret must not send an empty one

function withFreshKey(request) {
  const key = request.headers[KEY];
  if (key !== undefined && (used.has(key) || key === exampleKey())) {
    const digits = crypto.getRandomValues(new Uint8Array(16));
    request.headers[KEY] = Array.from(digits, (each) => each.toString(16).padStart(2, "0")).join("");
  }
  used.add(request.headers[KEY]);
  if (request.url.endsWith(TOKEN)) request.body = request.body.replace(/&client_secret=(?=&|$)/, "");
  return request;
}

function exampleKey() {
  const parameters = ui.specSelectors.specJson().getIn(["components", "parameters"]);
  return parameters?.getIn(["IdempotencyKey", "example"]);
}

// Swagger UI leaves the choice of the server and its first sections without names, and skips levels
// of headings.
const NAMES = {
  "#servers": "Server",
  ".information-container": "About",
  ".schemes-server-container": "Servers",
};
const LEVELS = { "h3.opblock-tag, section.models > h4": 2, ".opblock h4": 3, ".opblock h5": 4 };
const page = document.getElementById("swagger-ui");

function label() {
  for (const [selector, name] of Object.entries(NAMES)) {
    const named = page.querySelector(selector);
    named?.setAttribute("aria-label", name);
    if (named?.matches("div, section")) named.setAttribute("role", "region");
  }
  for (const [selector, level] of Object.entries(LEVELS)) {
    for (const heading of page.querySelectorAll(selector)) {
      heading.setAttribute("role", "heading");
      heading.setAttribute("aria-level", level);
    }
  }
}

new MutationObserver(label).observe(page, { childList: true, subtree: true });

// Where the document has the pages of identity, "Authorize" logs in there, by a code with PKCE.
const LOGIN = "/oauth/authorize";
const CLIENT = "swagger-ui";
const REDIRECT = "/docs/oauth2-redirect";

function withLogin(response) {
  if (!response.ok || new URL(response.url).pathname !== page.dataset.schema) return response;
  const contract = JSON.parse(response.text);
  const schemes = contract.components?.securitySchemes;
  if (schemes?.bearer && contract.paths[LOGIN]) {
    const scopes = scopesOf(contract);
    const named = Object.fromEntries(scopes.map((each) => [each, ""]));
    const flow = { authorizationUrl: LOGIN, tokenUrl: TOKEN, scopes: named };
    schemes.bearer = { type: "oauth2", flows: { authorizationCode: flow } };
    response.text = JSON.stringify(contract);
    ui.initOAuth({ clientId: CLIENT, scopes, usePkceWithAuthorizationCodeGrant: true });
  }
  return response;
}

function scopesOf(contract) {
  const operations = Object.values(contract.paths).flatMap((path) => Object.values(path));
  const needed = operations.flatMap((each) => each.security ?? []).flatMap((way) => way.bearer ?? []);
  const owned = operations.filter((each) => each["x-owner"]);
  const others = owned.map((each) => each["x-owner"].any ?? `${each.tags[0]}:any`);
  return [...new Set([...needed, ...others])].sort();
}

// validatorUrl: by default Swagger UI would show the contract to a validator on the internet.
const ui = SwaggerUIBundle({
  url: page.dataset.schema,
  requestInterceptor: withFreshKey,
  responseInterceptor: withLogin,
  oauth2RedirectUrl: location.origin + REDIRECT,
  dom_id: "#swagger-ui",
  deepLinking: false, // its links are within buttons, which screen readers do not announce
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});
