import { Call, type HeaderField, type RawAnswer } from "./call.js";
import { NoAnswerError, ProblemError, UnexpectedAnswerError, type Sent } from "./errors.js";
import type { CallOptions, KeyedCallOptions, WaybillOptions } from "./options.js";
import { Pages, type AnyPage } from "./pages.js";
import { problemError, TEMPORARY_STATUSES, TEMPORARY_TYPES } from "./problems.js";
import {
  newIdempotencyKey,
  parameterHeaders,
  urlOf,
  type Input,
  type Operation,
} from "./request.js";
import { sleep, waitSeconds, waitSecondsAfter } from "./waiting.js";

const TIMEOUT_SECONDS = 60; // above the gateway's own timeout of 40
const RETRIES_MAX = 5;

/** A request; the same for all attempts. */
interface Request {
  readonly operation: Operation;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly idempotencyKey: string | undefined;
  readonly timeoutSeconds: number;
  readonly retriesMax: number;
  readonly signal: AbortSignal | undefined;
}

/** The result of one attempt: a response, or an error and the delay before a retry, if any. */
type Outcome =
  | { readonly answer: RawAnswer }
  | { readonly error: unknown; readonly waitSeconds: number | undefined };

/**
 * Sends requests. Those that are safe to retry are retried with the same Idempotency-Key after a
 * missing response or a temporary error.
 */
export class Transport {
  readonly #options: WaybillOptions;

  constructor(options: WaybillOptions) {
    this.#options = options;
  }

  call<Body, Fields>(
    operation: Operation,
    input: Input,
    options: CallOptions | undefined,
    fields: readonly HeaderField[] = [],
  ): Call<Body, Fields> {
    return new Call(this.#send(operation, input, options), fields);
  }

  pages<Page extends AnyPage, Fields>(
    operation: Operation,
    input: Input,
    options: CallOptions | undefined,
    fields: readonly HeaderField[] = [],
  ): Pages<Page, Fields> {
    const after = (cursor: string) => {
      const parameters = { ...input.parameters, cursor };
      return this.call<Page, Fields>(operation, { ...input, parameters }, options);
    };
    return new Pages(this.#send(operation, input, options), fields, after);
  }

  async #send(
    operation: Operation,
    input: Input,
    options: CallOptions | undefined,
  ): Promise<RawAnswer> {
    const request = this.#request(operation, input, options);
    for (let tries = 1; ; tries++) {
      const outcome = await this.#try(request, tries);
      if ("answer" in outcome) return outcome.answer;
      request.signal?.throwIfAborted();
      if (outcome.waitSeconds === undefined || tries > request.retriesMax) throw outcome.error;
      await sleep(outcome.waitSeconds, request.signal);
    }
  }

  #request(operation: Operation, input: Input, options: KeyedCallOptions = {}): Request {
    const own = this.#options;
    const key = operation.keyed ? (options.idempotencyKey ?? newIdempotencyKey()) : undefined;
    return {
      operation,
      url: urlOf(own.address, operation, input),
      headers: {
        accept: "application/json, application/problem+json",
        ...(input.body === undefined ? {} : { "content-type": "application/json" }),
        ...own.headers,
        ...options.headers,
        ...parameterHeaders(operation, input),
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      body: input.body === undefined ? null : JSON.stringify(input.body),
      idempotencyKey: key,
      timeoutSeconds: options.timeoutSeconds ?? own.timeoutSeconds ?? TIMEOUT_SECONDS,
      retriesMax: operation.repeatable
        ? (options.retriesMax ?? own.retriesMax ?? RETRIES_MAX)
        : 0,
      signal: options.signal,
    };
  }

  async #try(request: Request, tries: number): Promise<Outcome> {
    const { operation, url, body, idempotencyKey } = request;
    const { method } = operation;
    const sent: Sent = { method, url, idempotencyKey, tries };
    const headers = { ...request.headers, ...(await this.#authorization()) };
    const timeout = AbortSignal.timeout(request.timeoutSeconds * 1000);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    const send = this.#options.fetch ?? fetch;
    try {
      const response = await send(url, { method, headers, body, signal, redirect: "manual" });
      return judge(operation, response, await response.text(), sent);
    } catch (error) {
      return { error: new NoAnswerError(error, sent), waitSeconds: waitSeconds(tries) };
    }
  }

  async #authorization(): Promise<Record<string, string>> {
    const { token } = this.#options;
    if (token === undefined) return {};
    return { authorization: `Bearer ${typeof token === "string" ? token : await token()}` };
  }
}

function judge(operation: Operation, response: Response, text: string, sent: Sent): Outcome {
  const { status, headers } = response;
  const body = json(text, headers);
  const expected = operation.answers[status];
  if (expected === "nothing" || (expected === "json" && body !== undefined)) {
    return { answer: { status, headers, body, sent } };
  }
  const error =
    problemError(body, headers, sent) ?? new UnexpectedAnswerError(status, headers, text, sent);
  const passes = TEMPORARY_STATUSES.has(status) || TEMPORARY_TYPES.has(typeOf(error));
  return { error, waitSeconds: passes ? waitSecondsAfter(headers, sent.tries) : undefined };
}

function typeOf(error: ProblemError | UnexpectedAnswerError): string {
  return error instanceof ProblemError ? error.problem.type : "";
}

/** Parses a JSON body; `undefined` when it is not JSON. */
function json(text: string, headers: Headers): unknown {
  const type = headers.get("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
