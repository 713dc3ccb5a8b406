/*
 * The errors of a call:
 *
 *     WaybillError
 *     ├── ProblemError           an error response (RFC 9457); a subclass for each problem type
 *     ├── NoAnswerError          no complete response; the request may have been executed
 *     ├── UnexpectedAnswerError  the response does not match the contract
 *     ├── RefusedError           accepted first, refused later; a subclass for each code
 *     └── StillMovingError       the resource did not reach a final state in time
 *
 * A call that is aborted by its `signal` fails with the reason of the signal.
 */
import type { Problem } from "./schemas.js";

export abstract class WaybillError extends Error {
  override readonly name: string = "WaybillError";
}

/** The request of an error. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  /** The key to retry the same request with. */
  readonly idempotencyKey: string | undefined;
  /** The number of attempts. */
  readonly tries: number;
}

/** An error response (RFC 9457). `problem` has its fields. */
export class ProblemError<P extends Problem = Problem> extends WaybillError {
  override readonly name: string = "ProblemError";
  readonly problem: P;
  readonly headers: Headers;
  readonly sent: Sent;

  constructor(problem: P, headers: Headers, sent: Sent) {
    super(`${problem.title}. ${problem.detail}`);
    this.problem = problem;
    this.headers = headers;
    this.sent = sent;
  }
}

/** The connection failed or timed out, also on every retry. */
export class NoAnswerError extends WaybillError {
  override readonly name: string = "NoAnswerError";
  readonly sent: Sent;

  constructor(why: unknown, sent: Sent) {
    super(`${sent.method} ${sent.url} got no answer: ${reason(why)}`, { cause: why });
    this.sent = sent;
  }
}

/** The response does not match the contract. */
export class UnexpectedAnswerError extends WaybillError {
  override readonly name: string = "UnexpectedAnswerError";
  readonly status: number;
  readonly headers: Headers;
  /** The start of the body, at most 2,000 characters. */
  readonly text: string;
  readonly sent: Sent;

  constructor(status: number, headers: Headers, text: string, sent: Sent) {
    super(`${sent.method} ${sent.url} got an answer that is not of this API (status ${status})`);
    this.status = status;
    this.headers = headers;
    this.text = text.slice(0, 2000);
    this.sent = sent;
  }
}

/** Accepted first, refused later. `last` is the final state of the resource. */
export class RefusedError<Followed = unknown> extends WaybillError {
  override readonly name: string = "RefusedError";
  readonly code: string;
  readonly last: Followed;

  constructor(code: string, detail: string, last: Followed) {
    super(detail);
    this.code = code;
    this.last = last;
  }
}

/** The resource did not reach a final state in time. `last` is its last known state. */
export class StillMovingError<Followed = unknown> extends WaybillError {
  override readonly name: string = "StillMovingError";
  readonly last: Followed;

  constructor(seconds: number, last: Followed) {
    super(`It was not final within ${seconds} s`);
    this.last = last;
  }
}

/** `fetch` reports "fetch failed", with the error in its cause. */
function reason(why: unknown): string {
  if (!(why instanceof Error)) return String(why);
  return why.cause instanceof Error ? `${why.message} (${why.cause.message})` : why.message;
}
