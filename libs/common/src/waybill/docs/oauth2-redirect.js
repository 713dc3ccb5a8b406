// The end of a log-in: passes the code to the Swagger UI that opened this window.
const login = window.opener?.swaggerUIRedirectOauth2;

if (login) {
  const answer = new URLSearchParams(location.search);
  const code = answer.get("code");
  if (code && answer.get("state") === login.state) {
    login.auth.code = code;
    login.callback({ auth: login.auth, redirectUrl: login.redirectUrl });
  } else {
    const message = answer.get("error_description") ?? answer.get("error") ?? "There is no code.";
    login.errCb({ authId: login.auth.name, source: "auth", level: "error", message });
  }
  window.close();
}
