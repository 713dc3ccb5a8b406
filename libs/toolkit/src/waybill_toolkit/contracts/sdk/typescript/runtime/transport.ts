import { Call, type HeaderField } from "./call.js";
import type { Exchange, RawAnswer } from "./exchange.js";
import { answerOf, failureOf } from "./failing.js";
import { judge, type Outcome } from "./judging.js";
import {
  baseUrlOf,
  userAgent,
  type CallOptions,
  type KeyedCallOptions,
  type WaybillOptions,
} from "./options.js";
import { Pages, type AnyPage } from "./pages.js";
import {
  newIdempotencyKey,
  parameterHeaders,
  pathOf,
  queryOf,
  type Input,
  type Operation,
} from "./request.js";
import { providerOf } from "./token-endpoint.js";
import { sendWithToken, type TokenProvider } from "./tokens.js";
import { VERSION } from "./version.js";
import { sleep, waitSeconds } from "./waiting.js";

const TIMEOUT_SECONDS = 60; // above the gateway's own timeout of 40
const RETRIES_MAX = 5;

/** A request; the same for all attempts. */
interface Request {
  readonly operation: Operation;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: string | null;
  readonly idempotencyKey: string | undefined;
  readonly timeoutSeconds: number;
  readonly retriesMax: number;
  readonly signal: AbortSignal | undefined;
}

/** What is known from a response. */
type Reply = Pick<Exchange, "headers" | "text" | "traceId"> & { readonly status: number };

/**
 * Sends requests. Those that are safe to retry are retried with the same Idempotency-Key after a
 * missing response or a temporary error.
 */
export class Transport {
  readonly #options: WaybillOptions;
  readonly #baseUrl: string;
  readonly #tokens: TokenProvider | undefined;

  constructor(options: WaybillOptions) {
    this.#options = options;
    this.#baseUrl = baseUrlOf(options);
    this.#tokens = providerOf(options, this.#baseUrl, options.timeoutSeconds ?? TIMEOUT_SECONDS);
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
    for (let number = 1; ; number++) {
      const outcome = await this.#attempt(request, number);
      if ("answer" in outcome) return outcome.answer;
      request.signal?.throwIfAborted();
      if (outcome.waitSeconds === undefined || number > request.retriesMax) throw outcome.error;
      await sleep(outcome.waitSeconds, request.signal);
    }
  }

  #request(operation: Operation, input: Input, options: KeyedCallOptions = {}): Request {
    const own = this.#options;
    const headers = new Headers({
      accept: "application/json, application/problem+json",
      ...userAgent(VERSION, own),
    });
    for (const each of [own.headers, options.headers, parameterHeaders(operation, input)]) {
      for (const [name, value] of Object.entries(each ?? {})) headers.set(name, value);
    }
    if (input.body !== undefined) headers.set("content-type", "application/json");
    if (operation.keyed) {
      // A key in the headers of the client would make different calls the same one.
      const given = options.idempotencyKey ?? new Headers(options.headers).get("idempotency-key");
      headers.set("idempotency-key", given ?? newIdempotencyKey());
    }
    return {
      operation,
      path: pathOf(operation, input),
      query: queryOf(operation, input),
      headers,
      body: input.body === undefined ? null : JSON.stringify(input.body),
      idempotencyKey: headers.get("idempotency-key") ?? undefined,
      timeoutSeconds: options.timeoutSeconds ?? own.timeoutSeconds ?? TIMEOUT_SECONDS,
      retriesMax: operation.repeatable
        ? (options.retriesMax ?? own.retriesMax ?? RETRIES_MAX)
        : 0,
      signal: options.signal,
    };
  }

  async #attempt(request: Request, number: number): Promise<Outcome> {
    const { operation, path, idempotencyKey } = request;
    const started = performance.now();
    const { method } = operation;
    const sent = { method, path, idempotencyKey, attempts: number };
    try {
      const exchange = { ...sent, ...(await this.#exchange(request)) };
      void this.#report(exchange, started);
      return judge(operation, exchange);
    } catch (cause) {
      const nothing = { status: undefined, headers: new Headers(), text: "", traceId: undefined };
      const failure = failureOf(cause, { ...sent, ...nothing });
      if (!failure) throw cause;
      const { error, reason, isTemporary } = failure;
      void this.#report(error, started, reason);
      return { error, waitSeconds: isTemporary ? waitSeconds(number) : undefined };
    }
  }

  #exchange(request: Request): Promise<Reply> {
    const send = (token: Record<string, string>) => answerOf(this.#fetch(request, token));
    return this.#tokens && !request.headers.has("authorization")
      ? sendWithToken(this.#tokens, send, request.signal)
      : send({});
  }

  async #fetch(request: Request, token: Record<string, string>): Promise<Reply> {
    const { operation, path, query, body } = request;
    const headers = new Headers({ ...Object.fromEntries(request.headers), ...token });
    const timeout = AbortSignal.timeout(request.timeoutSeconds * 1000);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    const init = { method: operation.method, headers, body, signal, redirect: "manual" } as const;
    const send = this.#options.fetch ?? fetch;
    const response = await send(`${this.#baseUrl}${path}${query}`, init);
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      traceId: response.headers.get("x-trace-id") ?? undefined,
    };
  }

  /** Calls the hook. Its errors are logged, so that the response of an executed request is kept. */
  async #report(exchange: Exchange, started: number, error?: string): Promise<void> {
    const { method, path, attempts: number, status, traceId } = exchange;
    const durationSeconds = (performance.now() - started) / 1000;
    try {
      await this.#options.onAttempt?.({ method, path, number, durationSeconds, status, traceId, error });
    } catch (failure) {
      console.error("onAttempt failed", failure);
    }
  }
}
