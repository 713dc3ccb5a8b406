/*
 * The errors of a call:
 *
 *     WaybillError
 *     ├── ProblemError           an error response (RFC 9457); a subclass for each problem type
 *     ├── TokenError             there is no access token; the request was not executed
 *     ├── NoAnswerError          no complete response; the request may have been executed
 *     ├── UnexpectedAnswerError  the response does not match the contract
 *     ├── RefusedError           accepted first, refused later; a subclass for each code
 *     └── StillMovingError       the resource did not reach a final state in time
 *
 * A call that is aborted by its `signal` fails with the reason of the signal.
 */
import type { Exchange } from "./exchange.js";
import type { Problem } from "./schemas.js";

/** The base class of all errors. It has the request, and the response if there was one. */
export abstract class WaybillError extends Error implements Exchange {
  override readonly name: string = "WaybillError";
  readonly method: string;
  readonly path: string;
  /** The key of the request, if it had one: a repetition with it is executed once. */
  readonly idempotencyKey: string | undefined;
  readonly attempts: number;
  readonly status: number | undefined;
  readonly headers: Headers;
  readonly text: string;
  readonly traceId: string | undefined;

  constructor(reason: string, exchange: Exchange, type?: string, options?: ErrorOptions) {
    super(`${reason} (${facts(exchange, type)})`, options);
    this.method = exchange.method;
    this.path = exchange.path;
    this.idempotencyKey = exchange.idempotencyKey;
    this.attempts = exchange.attempts;
    this.status = exchange.status;
    this.headers = exchange.headers;
    this.text = exchange.text;
    this.traceId = exchange.traceId;
  }
}

/**
 * An error response (RFC 9457). `problem` has its fields; `text` has the whole body. A problem of an
 * unknown type, or with other fields than its type has, is an instance of this class.
 */
export class ProblemError<P extends Problem = Problem> extends WaybillError {
  override readonly name: string = "ProblemError";
  readonly problem: P;

  constructor(problem: P, exchange: Exchange) {
    const reason = [problem.title, problem.detail].filter(Boolean).join(": ") || "error response";
    const traceId = problem.trace_id || exchange.traceId;
    super(reason, { ...exchange, traceId }, problem.type);
    this.problem = problem;
  }
}

/** The connection failed or timed out, also on every retry. The request may have been executed. */
export class NoAnswerError extends WaybillError {
  override readonly name: string = "NoAnswerError";

  constructor(cause: unknown, exchange: Exchange) {
    super(`no response: ${reasonOf(cause)}`, exchange, undefined, { cause });
  }
}

/**
 * No access token was fetched with the client credentials. The request was not executed. `code` is the
 * error code of the token endpoint, such as `invalid_client`.
 */
export class TokenError extends WaybillError {
  override readonly name: string = "TokenError";
  readonly code: string | undefined;

  constructor(reason: string, code: string | undefined, exchange: Exchange, cause: unknown) {
    super(reason, exchange, undefined, { cause });
    this.code = code;
  }
}

/** The response does not match the contract. With a success status the request was executed. */
export class UnexpectedAnswerError extends WaybillError {
  override readonly name: string = "UnexpectedAnswerError";
}

/** Accepted first, refused later. `last` is the final state of the resource. */
export class RefusedError<Followed = unknown> extends WaybillError {
  override readonly name: string = "RefusedError";
  readonly code: string;
  readonly detail: string;
  readonly last: Followed;

  constructor(code: string, detail: string, last: Followed, exchange: Exchange) {
    super(`${code}: ${detail}`, exchange);
    this.code = code;
    this.detail = detail;
    this.last = last;
  }
}

/** The resource did not reach a final state in time. `last` is its last known state. */
export class StillMovingError<Followed = unknown> extends WaybillError {
  override readonly name: string = "StillMovingError";
  readonly last: Followed;

  constructor(status: string, last: Followed, exchange: Exchange) {
    super(`still ${status}`, exchange);
    this.last = last;
  }
}

/** A fake API got a request for which no answer is prepared. */
export class UnpreparedError extends Error {
  override readonly name = "UnpreparedError";
}

function facts(exchange: Exchange, type: string | undefined): string {
  const { method, path, status, idempotencyKey, traceId } = exchange;
  return [
    type && `type ${type}`,
    `${method} ${path}`,
    status && `status ${status}`,
    idempotencyKey && `Idempotency-Key ${idempotencyKey}`,
    traceId && `trace id ${traceId}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** `fetch` reports "fetch failed", with the error in its cause. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message} (${cause.cause.message})` : cause.message;
}
