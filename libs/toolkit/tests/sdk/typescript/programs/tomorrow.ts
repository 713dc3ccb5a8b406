// A program of today with a later version of the API: node tomorrow.js WHAT ADDRESS-OF-PROXY SKU
import {
  fields,
  NoAnswerError,
  OrderRefusedError,
  ProblemError,
  StillMovingError,
  UnexpectedAnswerError,
  Waybill,
  WaybillError,
  type Order,
  type PlaceOrder,
} from "waybill-client";

declare const process: { argv: string[] };

const [, , what, address, sku] = process.argv as [string, string, string, string, string];

function at(mode: string): Waybill {
  return new Waybill({ baseUrl: `${address}/${mode}` });
}

function wanted(reference: string): PlaceOrder {
  const payment = { token: "tok_approve" };
  return { customer_ref: "ts", reference, currency: "GBP", lines: [{ sku, quantity: 1 }], payment };
}

const reference = `ts-${crypto.randomUUID()}`;

async function placed(mode = "today"): Promise<Order> {
  return at(mode).orders.placeOrder(wanted(reference));
}

async function count(): Promise<number> {
  return (await at("today").orders.listOrders({ reference })).items.length;
}

async function failure(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const whats: Record<string, () => Promise<unknown>> = {
  async passedOn() {
    const order = await placed("newer");
    const { items } = await at("newer").orders.listOrders({ reference });
    const statuses = [order, ...items].map(({ status }) => status);
    return { statuses, gift: fields(order)["tomorrow"], nested: fields(order.totals)["tomorrow"] };
  },

  /** The loop of double-order.py: a program that tries again after every error. */
  async loop() {
    for (let tries = 0; tries < 2; tries++) {
      if ((await failure(placed("newer"))) === undefined) break;
    }
    return count();
  },

  async garbled() {
    const error = await failure(placed("garbled"));
    if (!(error instanceof UnexpectedAnswerError)) return error;
    const { idempotencyKey, status, traceId } = error;
    await at("garbled").orders.placeOrder(wanted(reference), { idempotencyKey });
    return { status, hasTrace: traceId !== undefined, count: await count() };
  },

  async follow() {
    const { order_id } = await placed();
    const { status } = await at("later").orders.followOrder(order_id);
    const late = await failure(at("newer").orders.followOrder(order_id, { followSeconds: 0.3 }));
    if (!(late instanceof StillMovingError)) return late;
    const last = (late.last as Order).status;
    return { status, last, statusCode: late.status, path: late.path === `/v1/orders/${order_id}` };
  },

  async refused() {
    const { order_id } = await placed();
    const error = await failure(at("refused").orders.followOrder(order_id));
    if (!(error instanceof OrderRefusedError)) return error;
    return [error.name, error.code, error.detail, fields(error.last.rejection ?? {})["tomorrow"]];
  },

  async problems() {
    const found = [];
    for (const mode of ["problem", "incomplete"]) {
      const error = await failure(placed(mode));
      if (!(error instanceof ProblemError)) return error;
      const { name, status, traceId, problem, idempotencyKey } = error;
      found.push([name, status, traceId, problem.title, fields(problem)["wrap"], !!idempotencyKey]);
    }
    return found;
  },

  async html() {
    const call = at("html").orders.placeOrder(wanted(reference), { retriesMax: 0 });
    const error = await failure(call);
    if (!(error instanceof WaybillError)) return error;
    return [error.name, error.status, error.headers.get("content-type"), error.text.slice(0, 6)];
  },

  async network() {
    await placed("busy");
    const afterBusy = await count();
    await at("cut").orders.placeOrder(wanted(`${reference}-cut`));
    const cut = await at("today").orders.listOrders({ reference: `${reference}-cut` });
    const slow = at("slow").orders.getOrder("1", { timeoutSeconds: 0.1, retriesMax: 0 });
    return [afterBusy, cut.items.length, (await failure(slow)) instanceof NoAnswerError];
  },
};

console.log(JSON.stringify(await whats[what]?.()));
