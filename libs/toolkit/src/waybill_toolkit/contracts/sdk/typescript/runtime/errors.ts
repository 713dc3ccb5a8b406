/*
 * What a call can fail with:
 *
 *     WaybillError
 *     ├── ProblemError           the API said no, and why; a class for each type of problem
 *     ├── NoAnswerError          no whole answer came: it may have been done or not
 *     ├── UnexpectedAnswerError  what came is not of this API (a proxy's page, say)
 *     ├── RefusedError           accepted at first, refused later; a class for each reason
 *     └── StillMovingError       what was followed was not final in time
 *
 * A call that its own `signal` ended fails with the reason of that signal.
 */
import type { Problem } from "./schemas.js";

export abstract class WaybillError extends Error {
  override readonly name: string = "WaybillError";
}

/** What was sent and how often, as errors tell it. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  /** Call again with the same key to ask for the same thing, not for a second one. */
  readonly idempotencyKey: string | undefined;
  /** How many times it was sent. */
  readonly tries: number;
}

/** The API said no (RFC 9457). `problem` has what it said, with the fields of its type. */
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

/** The connection failed or the time was over, also when it was sent again. */
export class NoAnswerError extends WaybillError {
  override readonly name: string = "NoAnswerError";
  readonly sent: Sent;

  constructor(why: unknown, sent: Sent) {
    super(`${sent.method} ${sent.url} got no answer: ${reason(why)}`, { cause: why });
    this.sent = sent;
  }
}

/** An answer that no operation of this API gives. */
export class UnexpectedAnswerError extends WaybillError {
  override readonly name: string = "UnexpectedAnswerError";
  readonly status: number;
  readonly headers: Headers;
  /** How it began, at most 2,000 characters. */
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

/** Accepted at first, refused in the end. `last` is what was followed, as it is now. */
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

/** What was followed moves on, but it was not final in time. `last` is how it was seen last. */
export class StillMovingError<Followed = unknown> extends WaybillError {
  override readonly name: string = "StillMovingError";
  readonly last: Followed;

  constructor(seconds: number, last: Followed) {
    super(`It was not final within ${seconds} s`);
    this.last = last;
  }
}

/** `fetch` says "fetch failed" and keeps what it was in the cause. */
function reason(why: unknown): string {
  if (!(why instanceof Error)) return String(why);
  return why.cause instanceof Error ? `${why.message} (${why.cause.message})` : why.message;
}
