// Single calls to a fake service: node calls.js WHAT ADDRESS
import { UnavailableError, Waybill, WaybillError, type Attempt } from "waybill-client";

declare const process: { argv: string[] };

const [, , what, address] = process.argv as [string, string, string, string];
const attempts: Attempt[] = [];
const waybill = new Waybill({
  baseUrl: `${address}/`,
  token: async () => "secret",
  retriesMax: 2,
  headers: { "X-Team": "shop" },
  userAgent: "shop/2.1",
  onAttempt: async (attempt) => {
    attempts.push(attempt);
    throw new Error("the hook is broken");
  },
});
const price = { price: { amount_minor: 255, currency: "GBP" } };
const adjustment = { delta: 1, reason: "counted" } as const;

const whats: Record<string, () => Promise<unknown>> = {
  read: () => waybill.inventory.getStock("A B/C"),
  list: () => waybill.orders.listOrders({ status: "placed", reference: undefined, limit: 1 }),
  post: () => waybill.inventory.adjustStock("A", adjustment),
  put: () => waybill.catalog.setPrice("A", price, { if_match: '"1"' }),
  headers: () => waybill.catalog.getVariant("A").withHeaders(),
  hasty: () => waybill.inventory.getStock("A", { timeoutSeconds: 0.05, retriesMax: 0 }),
  aborted: () => waybill.inventory.getStock("A", { signal: AbortSignal.timeout(100) }),
  dots: () => waybill.inventory.getStock(".."),
  own: () =>
    waybill.inventory.adjustStock("A", adjustment, {
      idempotencyKey: "mine",
      headers: { "x-team": "own" },
      retriesMax: 0,
    }),
  response: async () => {
    const { body, response } = await waybill.inventory.getStock("A").withResponse();
    return { body, ...response, tag: response.headers.get("etag") };
  },
  attempts: async () => {
    await waybill.inventory.getStock("A?b", {});
    return attempts;
  },
  environment: () => new Waybill().inventory.getStock("A"),
  twoKeys: async () => {
    const other = new Waybill({ baseUrl: address, headers: { "Idempotency-Key": "the same" } });
    await other.inventory.adjustStock("A", adjustment);
    return other.inventory.adjustStock("A", adjustment);
  },
  badToken: () => new Waybill({ baseUrl: address, token: "secret\nX: 1" }).inventory.getStock("A"),
  noAddress: async () => new Waybill({ baseUrl: "shop.test" }),
  follow: () => waybill.orders.followOrder("1", { followSeconds: 0.2 }),
};

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { error };
  return {
    ...error,
    error: error.name,
    message: error.message,
    ...(error instanceof WaybillError ? { contentType: error.headers.get("content-type") } : {}),
    isUnavailable: error instanceof UnavailableError,
    isOurs: error instanceof WaybillError,
  };
}

const outcome = await (whats[what]?.() ?? Promise.reject(what)).then(
  (value) => ({ value }),
  (error: unknown) => describe(error),
);
console.log(JSON.stringify(outcome));
