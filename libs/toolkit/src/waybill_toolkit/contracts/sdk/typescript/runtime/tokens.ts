import { unlessAborted } from "./waiting.js";

/**
 * Returns the access token of a request. It is called before each request without an argument. When the
 * API refuses a token as invalid, it is called once more with that token, and the request is sent again
 * with the token that it returns, if that is another.
 */
export type TokenProvider = (refused?: string) => string | Promise<string>;

/** OAuth client credentials (RFC 6749, 4.4), with which a client gets its access tokens. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Default: all scopes that the client may have. */
  readonly scope?: string | undefined;
  /** Default: `/oauth/token` at the base URL. */
  readonly tokenUrl?: string | undefined;
}

/** A token, and how long it is valid from now on; without that, until the API refuses it. */
export interface AccessToken {
  readonly value: string;
  readonly expiresInSeconds?: number | undefined;
}

/** A token is replaced this long before it expires: it must still be valid when it arrives. */
const EXPIRY_MARGIN_SECONDS = 10;

/**
 * Returns a provider that keeps what `fetchToken` returns until shortly before it expires. Calls that
 * need a token at the same time wait for one fetch.
 */
export function cachedTokens(fetchToken: () => Promise<AccessToken>): TokenProvider {
  let kept: { readonly value: string; readonly until: number } | undefined;
  let running: Promise<string> | undefined;
  const fetchOnce = async () => {
    try {
      const { value, expiresInSeconds = Infinity } = await fetchToken();
      const until = performance.now() + (expiresInSeconds - EXPIRY_MARGIN_SECONDS) * 1000;
      kept = { value, until };
      return value;
    } finally {
      running = undefined;
    }
  };
  return (refused) => {
    if (kept && kept.value !== refused && performance.now() < kept.until) return kept.value;
    return (running ??= fetchOnce());
  };
}

/**
 * Sends a request with a token of the provider, and again with another one when the API refuses the
 * token as invalid (RFC 6750, 3.1).
 */
export async function sendWithToken<Reply extends { readonly status: number; readonly headers: Headers }>(
  provider: TokenProvider,
  send: (headers: Record<string, string>) => Promise<Reply>,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const ask = async (refused?: string) => checked(await unlessAborted(provider(refused), signal));
  const token = await ask();
  const reply = await send(bearer(token));
  const challenge = reply.headers.get("www-authenticate") ?? "";
  if (reply.status !== 401 || !/\berror="?invalid_token\b/i.test(challenge)) return reply;
  const renewed = await ask(token);
  return renewed === token ? reply : send(bearer(renewed));
}

function bearer(token: string): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** Throws a TypeError for a token that cannot be in a header: the error of `fetch` would contain it. */
function checked(token: string): string {
  const found = token.trim();
  if (found && !/^[!-~]+$/.test(found)) {
    throw new TypeError("the token has a character that a header cannot have");
  }
  return found;
}
