import { reasonOf } from "./errors.js";
import { type WaybillOptions, credentialsOf, userAgent } from "./options.js";
import { cachedTokens, type AccessToken, type ClientCredentials, type TokenProvider } from "./tokens.js";
import { VERSION } from "./version.js";

const TEMPORARY_STATUSES = new Set([408, 429, 500, 502, 503, 504]);

/** No access token was fetched. `code` is the `error` of the endpoint's answer. */
export class TokenFailure extends Error {
  readonly code: string | undefined;
  readonly isTemporary: boolean;

  constructor(reason: string, isTemporary: boolean, code?: string, options?: ErrorOptions) {
    super(reason, options);
    this.code = code;
    this.isTemporary = isTemporary;
  }
}

/** Returns the provider of a client's tokens; undefined when it has no token. */
export function providerOf(
  options: WaybillOptions,
  baseUrl: string,
  timeoutSeconds: number,
): TokenProvider | undefined {
  const token = credentialsOf(options);
  if (!token) return undefined;
  if (typeof token === "string") return () => token;
  if (typeof token === "function") return token;
  if (!token.clientId || !token.clientSecret) {
    throw new TypeError("client credentials have a clientId and a clientSecret");
  }
  const url = token.tokenUrl ?? `${baseUrl}/oauth/token`;
  return cachedTokens(() => fetchToken(url, token, options, timeoutSeconds));
}

async function fetchToken(
  url: string,
  credentials: ClientCredentials,
  options: WaybillOptions,
  timeoutSeconds: number,
): Promise<AccessToken> {
  const { clientId, clientSecret, scope } = credentials;
  const form = { grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) };
  const init = {
    method: "POST",
    headers: {
      accept: "application/json",
      authorization: `Basic ${btoa(`${encoded(clientId)}:${encoded(clientSecret)}`)}`,
      ...userAgent(VERSION, options),
    },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
    redirect: "manual",
  } as const;
  let status: number;
  let text: string;
  try {
    const response = await (options.fetch ?? fetch)(url, init);
    status = response.status;
    text = await response.text();
  } catch (cause) {
    throw new TokenFailure(`no access token: ${url}: ${reasonOf(cause)}`, true, undefined, { cause });
  }
  return tokenOf(url, status, objectOf(text), clientSecret);
}

/** Encodes as in a form (RFC 6749, 2.3.1). */
function encoded(value: string): string {
  return new URLSearchParams({ _: value }).toString().slice(2);
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function tokenOf(
  url: string,
  status: number,
  answer: Readonly<Record<string, unknown>>,
  secret: string,
): AccessToken {
  if (status !== 200) {
    const texts = [`status ${status}`, answer["error"], answer["error_description"]];
    const reason = texts.filter((each) => typeof each === "string").join(", ");
    const code = typeof answer["error"] === "string" ? answer["error"] : undefined;
    const safe = `no access token: ${url}: ${reason}`.replaceAll(secret, "***");
    throw new TokenFailure(safe, TEMPORARY_STATUSES.has(status), code);
  }
  const { access_token: value, token_type: type, expires_in: seconds } = answer;
  if (typeof value !== "string" || !value || String(type).toLowerCase() !== "bearer") {
    throw new TokenFailure(`no access token: ${url}: the response has no bearer token`, false);
  }
  return { value, expiresInSeconds: typeof seconds === "number" ? seconds : undefined };
}
