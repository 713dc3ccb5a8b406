import { UnexpectedAnswerError } from "./errors.js";
import type { Exchange, RawAnswer } from "./exchange.js";

/** A body together with the headers that the operation declares. */
export interface Answer<Body, Fields> {
  readonly body: Body;
  readonly headers: Fields;
}

/** Maps a field of `Answer.headers` to its header. */
export interface HeaderField {
  readonly field: string;
  readonly header: string;
  readonly required: boolean;
}

/**
 * A pending call. Await it for the body of the response:
 *
 *     const variant = await waybill.catalog.getVariant(sku);
 *     const { body, headers } = await waybill.catalog.getVariant(sku).withHeaders();
 */
export class Call<Body, Fields = unknown> implements Promise<Body> {
  readonly [Symbol.toStringTag] = "Call";
  readonly #raw: Promise<RawAnswer>;
  readonly #fields: readonly HeaderField[];

  constructor(raw: Promise<RawAnswer>, fields: readonly HeaderField[] = []) {
    this.#raw = raw;
    this.#fields = fields;
  }

  /** Waits for the body and for the headers that the operation declares. */
  async withHeaders(): Promise<Answer<Body, Fields>> {
    const { exchange, body } = await this.#raw;
    const found: Record<string, string> = {};
    for (const { field, header, required } of this.#fields) {
      const value = exchange.headers.get(header);
      if (value !== null) found[field] = value;
      else if (required) {
        const reason = `no header ${header}, which a browser sees only if the API exposes it`;
        throw new UnexpectedAnswerError(reason, exchange);
      }
    }
    return { body: body as Body, headers: found as Fields };
  }

  /** Waits for the body, and for the response with its status, all headers and its text. */
  async withResponse(): Promise<{ readonly body: Body; readonly response: Exchange }> {
    const { exchange, body } = await this.#raw;
    return { body: body as Body, response: exchange };
  }

  then<Value = Body, Failed = never>(
    fulfilled?: ((body: Body) => Value | PromiseLike<Value>) | null,
    rejected?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Value | Failed> {
    return this.#raw.then(({ body }) => body as Body).then(fulfilled, rejected);
  }

  catch<Failed = never>(
    rejected?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Body | Failed> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<Body> {
    return this.then().finally(settled);
  }
}
