// What an integrator does, on a running platform: node live.js WHAT ADDRESS [SKU]
import {
  NoAnswerError,
  OrderOutOfStockError,
  OrderRefusedError,
  StockBelowZeroError,
  UnknownSkuError,
  VersionMismatchError,
  Waybill,
  type OrderPage,
  type PlaceOrder,
} from "waybill-client";

declare const process: { argv: string[] };

const [, , what, address, sku] = process.argv as [string, string, string, string, string];
const waybill = new Waybill({ baseUrl: address });

function order(customer: string, quantity = 1): PlaceOrder {
  const payment = { token: "tok_approve" };
  return { customer_ref: customer, currency: "GBP", lines: [{ sku, quantity }], payment };
}

async function failure(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const whats: Record<string, () => Promise<unknown>> = {
  async confirmed() {
    const { body, headers } = await waybill.orders.placeOrder(order("ts-confirmed")).withHeaders();
    const final = await waybill.orders.followOrder(body.order_id);
    return { placed: body, location: headers.location, final };
  },

  async outOfStock() {
    const placed = await waybill.orders.placeOrder(order("ts-greedy", 9999));
    const error = await failure(waybill.orders.followOrder(placed.order_id));
    if (!(error instanceof OrderOutOfStockError)) return error;
    const { name, detail, code, last } = error;
    return { name, detail, code, status: last.status, isRefusal: error instanceof OrderRefusedError };
  },

  async problems() {
    const lines = [{ sku: "NOBODY SELLS THIS", quantity: 1 }];
    const unknown = await failure(waybill.orders.placeOrder({ ...order("ts"), lines }));
    const below = await failure(
      waybill.inventory.adjustStock(sku, { delta: -1_000_000, reason: "damaged" }),
    );
    const price = { amount_minor: 255, currency: "GBP" };
    const late = await failure(waybill.catalog.setPrice(sku, { price }, { if_match: '"999"' }));
    return [
      unknown instanceof UnknownSkuError && unknown.problem.sku,
      below instanceof StockBelowZeroError && below.problem.on_hand,
      late instanceof VersionMismatchError && late.problem.status,
    ];
  },

  async pages() {
    const customer_ref = "ts-pages";
    for (let count = 0; count < 5; count++) await waybill.orders.placeOrder(order(customer_ref));
    const [all, sizes]: [string[], number[]] = [[], []];
    for await (const each of waybill.orders.listOrders({ customer_ref, limit: 2 })) {
      all.push(each.order_id);
    }
    for await (const page of waybill.orders.listOrders({ customer_ref, limit: 2 }).pages()) {
      sizes.push(page.items.length);
    }
    const { items } = await waybill.orders.listOrders({ customer_ref });
    return { all, sizes, atOnce: items.map((each) => each.order_id) };
  },

  /** The connection to `address` is cut when the answer to the POST begins. */
  async cut() {
    const placed = await waybill.orders.placeOrder(order("ts-cut"));
    const { items } = await waybill.orders.listOrders({ customer_ref: "ts-cut" });
    return { placed: placed.order_id, all: items.map((each) => each.order_id) };
  },

  /** As `cut`, but without retries: the caller retries with the key of the error. */
  async cutForTheUser() {
    const call = waybill.orders.placeOrder(order("ts-user"), { retriesMax: 0 });
    const error = await failure(call);
    if (!(error instanceof NoAnswerError)) return error;
    const before = await waybill.orders.listOrders({ customer_ref: "ts-user" });
    const { idempotencyKey } = error;
    const placed = await waybill.orders.placeOrder(order("ts-user"), { idempotencyKey });
    const after = await waybill.orders.listOrders({ customer_ref: "ts-user" });
    const ids = (page: OrderPage) => page.items.map((each) => each.order_id);
    return { placed: placed.order_id, before: ids(before), after: ids(after) };
  },
};

console.log(JSON.stringify(await whats[what]?.()));
