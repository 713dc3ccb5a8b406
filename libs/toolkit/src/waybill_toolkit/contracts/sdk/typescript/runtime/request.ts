/** The description of an operation. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  /** Its query parameters. */
  readonly query?: readonly string[];
  /** Its header parameters: their names here, and the headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it takes an Idempotency-Key. */
  readonly keyed?: boolean;
  /** Whether it can be retried when the outcome is unknown. */
  readonly repeatable?: boolean;
  /** The success statuses, and whether they have a body. */
  readonly answers: Readonly<Record<number, "json" | "nothing">>;
}

/** The arguments of one call. */
export interface Input {
  /** The path parameters, in the order of the path. */
  readonly path?: readonly (string | number | boolean)[];
  readonly parameters?: object | undefined;
  readonly body?: unknown;
}

/** Returns the path with its parameters. */
export function pathOf(operation: Operation, input: Input): string {
  const values = [...(input.path ?? [])];
  return operation.path.replace(/\{[^}]*\}/g, () => segment(values.shift()));
}

/** Returns the query with its question mark; nothing when it is empty. */
export function queryOf(operation: Operation, input: Input): string {
  const query = new URLSearchParams();
  for (const name of operation.query ?? []) {
    const value = parameter(input, name);
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) query.append(name, String(each));
    }
  }
  const text = query.toString();
  return text && `?${text}`;
}

/** Returns the headers of the header parameters. */
export function parameterHeaders(operation: Operation, input: Input): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, header] of Object.entries(operation.headers ?? {})) {
    const value = parameter(input, name);
    if (value !== undefined) found[header] = String(value);
  }
  return found;
}

/** Generates a unique key. `crypto.randomUUID` is not available on pages without TLS. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parameter(input: Input, name: string): unknown {
  return (input.parameters as Readonly<Record<string, unknown>> | undefined)?.[name];
}

function segment(value: string | number | boolean | undefined): string {
  const text = String(value ?? "");
  // A URL cannot contain these segments: "." and ".." are removed, also when they are escaped.
  if (text === "" || text === "." || text === "..") {
    throw new TypeError(`${JSON.stringify(text)} cannot be part of a path`);
  }
  return encodeURIComponent(text);
}
