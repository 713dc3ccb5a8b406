// Single calls to a fake service: node calls.js WHAT ADDRESS
import {
  NoAnswerError,
  ProblemError,
  UnavailableError,
  UnexpectedAnswerError,
  Waybill,
  WaybillError,
} from "waybill-client";

declare const process: { argv: string[] };

const [, , what, address] = process.argv as [string, string, string, string];
const waybill = new Waybill({ address: `${address}/`, token: async () => "secret", retriesMax: 2 });
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
  follow: () => waybill.orders.followOrder("1", { followSeconds: 0.2 }),
};

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { error };
  return {
    error: error.name,
    message: error.message,
    ...(error instanceof NoAnswerError || error instanceof ProblemError ? error.sent : {}),
    ...(error instanceof UnexpectedAnswerError ? { status: error.status, text: error.text } : {}),
    isUnavailable: error instanceof UnavailableError,
    isOurs: error instanceof WaybillError,
  };
}

const outcome = await (whats[what]?.() ?? Promise.reject(what)).then(
  (value) => ({ value }),
  (error: unknown) => describe(error),
);
console.log(JSON.stringify(outcome));
