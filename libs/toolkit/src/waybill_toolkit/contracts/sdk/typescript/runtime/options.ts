/** Where the API is, who calls, and how patiently. */
export interface WaybillOptions {
  /** The API's address, such as `https://api.example.com`. */
  readonly address: string;
  /** The access token, or what gives one; it is asked before each request. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** How long one try may take until its answer is complete. 60 unless told. */
  readonly timeoutSeconds?: number | undefined;
  /** How often what may be repeated is sent again. 5 unless told: about 8 seconds in all. */
  readonly retriesMax?: number | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Used in the place of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** What may be different for one call. */
export interface CallOptions {
  /** Ends the call, also between two tries. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly retriesMax?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** For operations that are done once for each key. */
export interface KeyedCallOptions extends CallOptions {
  /**
   * Names what is wanted: one request with one key is done once, however often it is sent.
   * A random one for each call unless told. Tell one that you can find again, such as the number
   * of a cart, where your own program may be cut off and start over.
   */
  readonly idempotencyKey?: string | undefined;
}

/** For operations that wait for an end. */
export interface FollowOptions extends CallOptions {
  /** How long to wait for the end. 60 unless told. */
  readonly followSeconds?: number | undefined;
}
