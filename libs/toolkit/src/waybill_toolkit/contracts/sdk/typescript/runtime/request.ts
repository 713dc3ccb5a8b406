/** What is always the same about an operation. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  /** Its query parameters. */
  readonly query?: readonly string[];
  /** Its header parameters: what they are called here, and the headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** It takes an Idempotency-Key: one that is sent twice is done once. */
  readonly keyed?: boolean;
  /** It can be sent again when nobody knows whether it was done. */
  readonly repeatable?: boolean;
  /** The statuses of its success, and whether a body comes with them. */
  readonly answers: Readonly<Record<number, "json" | "nothing">>;
}

/** What is different for each call of it. */
export interface Input {
  /** In the order in which the path has them. */
  readonly path?: readonly (string | number | boolean)[];
  readonly parameters?: object | undefined;
  readonly body?: unknown;
}

/** Puts the values into the path and behind it. */
export function urlOf(address: string, operation: Operation, input: Input): string {
  const values = [...(input.path ?? [])];
  const path = operation.path.replace(/\{[^}]*\}/g, () => segment(values.shift()));
  const query = new URLSearchParams();
  for (const name of operation.query ?? []) {
    const value = parameter(input, name);
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) query.append(name, String(each));
    }
  }
  const text = query.toString();
  return `${address.replace(/\/+$/, "")}${path}${text && `?${text}`}`;
}

/** Gives the headers that come from parameters. */
export function parameterHeaders(operation: Operation, input: Input): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, header] of Object.entries(operation.headers ?? {})) {
    const value = parameter(input, name);
    if (value !== undefined) found[header] = String(value);
  }
  return found;
}

/** Makes a key that nobody else makes. `crypto.randomUUID` would not work on pages without TLS. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parameter(input: Input, name: string): unknown {
  return (input.parameters as Readonly<Record<string, unknown>> | undefined)?.[name];
}

function segment(value: string | number | boolean | undefined): string {
  const text = String(value ?? "");
  // A URL has no way to write these: "." and ".." are taken as steps, also when they are escaped.
  if (text === "" || text === "." || text === "..") {
    throw new TypeError(`${JSON.stringify(text)} cannot be part of a path`);
  }
  return encodeURIComponent(text);
}
