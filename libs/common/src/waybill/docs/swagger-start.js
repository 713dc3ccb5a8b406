// A key is used once: with the example's key, "Execute" would repeat somebody's earlier request.
const KEY = "Idempotency-Key";
const used = new Set();

function withFreshKey(request) {
  const key = request.headers[KEY];
  if (key !== undefined && (used.has(key) || key === exampleKey())) {
    const digits = crypto.getRandomValues(new Uint8Array(16));
    request.headers[KEY] = Array.from(digits, (each) => each.toString(16).padStart(2, "0")).join("");
  }
  used.add(request.headers[KEY]);
  return request;
}

function exampleKey() {
  const parameters = ui.specSelectors.specJson().getIn(["components", "parameters"]);
  return parameters?.getIn(["IdempotencyKey", "example"]);
}

// validatorUrl: by default Swagger UI would show the contract to a validator on the internet.
const ui = SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.schema,
  requestInterceptor: withFreshKey,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});
