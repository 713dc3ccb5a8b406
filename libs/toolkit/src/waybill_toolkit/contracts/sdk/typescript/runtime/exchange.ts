/** A request and its response. */
export interface Exchange {
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  readonly idempotencyKey: string | undefined;
  /** The number of attempts. */
  readonly attempts: number;
  /** The status of the response; undefined when there was none. */
  readonly status: number | undefined;
  /** The headers of the response. */
  readonly headers: Headers;
  /** The body of the response. */
  readonly text: string;
  /** The trace id of the request in the logs. */
  readonly traceId: string | undefined;
}

/** A response before its body is checked, with its parsed body. */
export interface RawAnswer {
  readonly exchange: Exchange;
  readonly body: unknown;
}

/**
 * Returns all fields of a value of the API by name, also those that this version does not know:
 *
 *     const { gift } = fields(order);
 */
export function fields(value: object): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>;
}
