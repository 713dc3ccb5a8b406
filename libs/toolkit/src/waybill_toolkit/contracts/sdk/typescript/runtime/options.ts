/** Address, authentication, timeout and retries. */
export interface WaybillOptions {
  /** The API's address, such as `https://api.example.com`. */
  readonly address: string;
  /** The access token, or a function that returns one, called before each request. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** The timeout of one attempt until its response is complete. Default: 60. */
  readonly timeoutSeconds?: number | undefined;
  /** The maximum number of retries. Default: 5, about 8 seconds in total. */
  readonly retriesMax?: number | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
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
   * Names what is wanted: one request with one key is done once, however often it is sent.
   * Default: a random key for each call. Use a reproducible one, such as the id of a cart, if your
   * program may be restarted and has to retry the call.
   */
  readonly idempotencyKey?: string | undefined;
}

/** The options of operations that wait for a final state. */
export interface FollowOptions extends CallOptions {
  /** The timeout for the final state. Default: 60. */
  readonly followSeconds?: number | undefined;
}
