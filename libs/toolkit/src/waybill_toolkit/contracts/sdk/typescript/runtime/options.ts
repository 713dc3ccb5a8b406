import type { ClientCredentials, TokenProvider } from "./tokens.js";

/** The options of a client. */
export interface WaybillOptions {
  /** The API's address, such as `https://api.example.com`. Default: WAYBILL_BASE_URL. */
  readonly baseUrl?: string | undefined;
  /**
   * The access token, a function that returns one, or the client credentials to fetch it with.
   * Default: WAYBILL_TOKEN, or WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET.
   */
  readonly token?: string | TokenProvider | ClientCredentials | undefined;
  /** The timeout of one attempt until its response is complete. Default: 60. */
  readonly timeoutSeconds?: number | undefined;
  /** The maximum number of retries. Default: 5, about 8 seconds in total. */
  readonly retriesMax?: number | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Appended to the User-Agent, such as `shop/2.1`. A browser sends its own User-Agent. */
  readonly userAgent?: string | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Called after each attempt, for logs and metrics. It is not waited for. */
  readonly onAttempt?: ((attempt: Attempt) => void | Promise<void>) | undefined;
}

/** One attempt of a request. It has no header, body or query. */
export interface Attempt {
  readonly method: string;
  readonly path: string;
  /** Counts from 1. */
  readonly number: number;
  readonly durationSeconds: number;
  /** Undefined when there was no response; `error` then says why. */
  readonly status: number | undefined;
  readonly traceId: string | undefined;
  readonly error: string | undefined;
}

/** The options of one call. */
export interface CallOptions {
  /** Aborts the call, also between two attempts. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly retriesMax?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The options of operations with an Idempotency-Key. */
export interface KeyedCallOptions extends CallOptions {
  /**
   * A request is executed once for each key, however often it is sent. Default: a random key for each
   * call. Use a reproducible one, such as the id of a cart, if your program may be restarted and has
   * to repeat the call.
   */
  readonly idempotencyKey?: string | undefined;
}

/** The options of operations that wait for a final state. */
export interface FollowOptions extends CallOptions {
  /** The time for the final state, after which no further poll begins. Default: 60. */
  readonly followSeconds?: number | undefined;
}

/** Returns the base URL without a slash at its end. Throws a TypeError when there is none. */
export function baseUrlOf(options: WaybillOptions): string {
  const found = options.baseUrl ?? variable("WAYBILL_BASE_URL") ?? "";
  if (!/^https?:\/\//.test(found)) {
    const what = JSON.stringify(found);
    throw new TypeError(`${what} is no base URL; pass baseUrl or set WAYBILL_BASE_URL to a URL`);
  }
  return found.replace(/\/+$/, "");
}

/** Returns the option `token`, or what the environment has for it. Throws a TypeError for a half. */
export function credentialsOf(options: WaybillOptions): WaybillOptions["token"] {
  const given = options.token ?? variable("WAYBILL_TOKEN");
  if (given !== undefined) return given;
  const clientId = variable("WAYBILL_CLIENT_ID");
  const clientSecret = variable("WAYBILL_CLIENT_SECRET");
  if (clientId && clientSecret) return { clientId, clientSecret };
  if (clientId || clientSecret) {
    throw new TypeError("set both WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET, or neither");
  }
  return undefined;
}

/** Returns the header User-Agent; none in browsers, which send their own. */
export function userAgent(version: string, options: WaybillOptions): Record<string, string> {
  if ("document" in globalThis || "WorkerGlobalScope" in globalThis) return {};
  const agents = [`waybill-typescript/${version}`, options.userAgent].filter(Boolean);
  return { "user-agent": agents.join(" ") };
}

/** Returns an environment variable of the process; undefined in browsers. */
function variable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}
