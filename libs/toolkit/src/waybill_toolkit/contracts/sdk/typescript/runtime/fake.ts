import { UnpreparedError } from "./errors.js";

/** A request that came to a fake API. */
export interface FakeRequest {
  readonly operation: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The parsed JSON; undefined when there was none. */
  readonly body: unknown;
}

/** The method, the path and the success status of an operation. */
export type Route = readonly [method: string, path: string, status: number];

/**
 * Replaces `fetch` with prepared answers, each of which is used once. `requests` has the requests in
 * their order. A request for which no answer is left fails with an UnpreparedError.
 */
export class FakeTransport<Answers extends object, Slug extends string> {
  readonly requests: FakeRequest[] = [];
  readonly #routes: Readonly<Record<string, Route>>;
  readonly #statuses: Readonly<Record<Slug, number>>;
  readonly #prepared = new Map<string, (() => Response)[]>();

  constructor(
    routes: Readonly<Record<keyof Answers & string, Route>>,
    statuses: Readonly<Record<Slug, number>>,
  ) {
    this.#routes = routes;
    this.#statuses = statuses;
  }

  /** Prepares successful answers. */
  answer<Name extends keyof Answers & string>(operation: Name, ...bodies: Answers[Name][]): void {
    const status = this.#routes[operation]?.[2] ?? 200;
    for (const body of bodies) this.reply(operation, status, body);
  }

  /** Prepares a problem, with its fields and perhaps a `detail`. */
  refuse(operation: keyof Answers & string, slug: Slug, fields: object = {}): void {
    const status = this.#statuses[slug];
    this.reply(operation, status, {
      type: `urn:waybill:problem:${slug}`,
      title: slug,
      status,
      detail: "prepared by the test",
      instance: "/",
      trace_id: "0".repeat(32),
      ...fields,
    });
  }

  /** Prepares any other answer. */
  reply(
    operation: keyof Answers & string,
    status: number,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const text = body === undefined ? null : JSON.stringify(body);
    const own = { "content-type": "application/json", ...headers };
    this.#prepare(operation, () => new Response(text, { status, headers: own }));
  }

  /** Prepares a connection that ends without a response. */
  fail(operation: keyof Answers & string): void {
    this.#prepare(operation, () => {
      throw new TypeError("prepared by the test");
    });
  }

  /** Answers a request, in place of the global `fetch`. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { pathname: path, searchParams: query } = new URL(request.url);
    const operation = this.#operation(request.method, path);
    const text = await request.text();
    const body: unknown = text ? JSON.parse(text) : undefined;
    this.requests.push({ operation, path, query, headers: request.headers, body });
    const next = this.#prepared.get(operation)?.shift();
    if (!next) {
      throw new UnpreparedError(`no answer is prepared for ${operation}: call answer("${operation}", ...)`);
    }
    return next();
  };

  #prepare(operation: string, make: () => Response): void {
    if (!(operation in this.#routes)) {
      const names = Object.keys(this.#routes).join(", ");
      throw new TypeError(`there is no operation ${operation}; choose one of ${names}`);
    }
    this.#prepared.set(operation, [...(this.#prepared.get(operation) ?? []), make]);
  }

  #operation(method: string, path: string): string {
    for (const [name, [expected, template]] of Object.entries(this.#routes)) {
      const pattern = new RegExp(`^${template.replace(/\{[^}]*\}/g, "[^/]+")}$`);
      if (method === expected && pattern.test(path)) return name;
    }
    throw new UnpreparedError(`${method} ${path} is no operation`);
  }
}
