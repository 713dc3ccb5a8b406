import { Call, type HeaderField } from "./call.js";
import type { RawAnswer } from "./exchange.js";

/** One page of a list. */
export interface AnyPage {
  readonly items: readonly unknown[];
  readonly next_cursor?: string | null;
}

/**
 * A list. Await it for its first page, or iterate over all of its items; the next page is
 * fetched after the last item of the previous one:
 *
 *     const page = await waybill.orders.listOrders({ limit: 20 });
 *     for await (const order of waybill.orders.listOrders()) console.log(order.order_id);
 */
export class Pages<Page extends AnyPage, Fields = unknown>
  extends Call<Page, Fields>
  implements AsyncIterable<Page["items"][number]>
{
  readonly #after: (cursor: string) => PromiseLike<Page>;

  constructor(
    raw: Promise<RawAnswer>,
    fields: readonly HeaderField[],
    after: (cursor: string) => PromiseLike<Page>,
  ) {
    super(raw, fields);
    this.#after = after;
  }

  /** Iterates over the pages. */
  async *pages(): AsyncGenerator<Page, void, undefined> {
    let page: Page = await this;
    yield page;
    while (page.next_cursor != null) {
      page = await this.#after(page.next_cursor);
      yield page;
    }
  }

  /** Iterates over the items of all pages. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Page["items"][number], void, undefined> {
    for await (const page of this.pages()) {
      yield* page.items as readonly Awaited<Page["items"][number]>[];
    }
  }
}
