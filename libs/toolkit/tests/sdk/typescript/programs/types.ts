// What the types take and refuse; compiled only. Each `@ts-expect-error` fails where there is none.
import {
  fields,
  ProblemError,
  UnknownSkuError,
  Waybill,
  WaybillError,
  type Order,
  type schemas,
} from "waybill-client";
import { FakeApi } from "waybill-client/testing";

declare const waybill: Waybill;
declare const error: unknown;

export async function taken(): Promise<Order[]> {
  const { body, headers } = await waybill.catalog.getVariant("A").withHeaders();
  const variant: schemas.Variant = body;
  const tag: string = headers.etag;
  const undone: undefined = await waybill.orders.getOrder("1").then(() => undefined);
  const found: Order[] = [];
  for await (const order of waybill.orders.listOrders()) found.push(order);
  console.log(variant.prices.length, tag, undone);
  if (error instanceof UnknownSkuError) console.log(error.problem.sku.length, error.attempts);
  if (error instanceof ProblemError) console.log(error.problem.status);
  if (error instanceof WaybillError) console.log(error.traceId?.length, error.headers.get("etag"));
  found.push(...(await waybill.orders.listOrders({ status: "of tomorrow" })).items);
  return found;
}

export function everyStatus(order: Order): number {
  switch (order.status) {
    case "placed":
    case "cancelling":
      return 0;
    case "confirmed":
    case "rejected":
    case "cancelled":
      return 1;
    default:
      return [order.status, fields(order)["gift"]].length;
  }
}

export function refused(): unknown[] {
  const price = { amount_minor: 1, currency: "GBP" };
  return [
    // @ts-expect-error -- no such operation
    waybill.orders.deleteOrder,
    // @ts-expect-error -- no reason
    waybill.inventory.adjustStock("A", { delta: 1 }),
    // @ts-expect-error -- no such reason
    waybill.inventory.adjustStock("A", { delta: 1, reason: "lost" }),
    // @ts-expect-error -- no such field
    waybill.catalog.setPrice("A", { price, was: price }, { if_match: '"1"' }),
    // @ts-expect-error -- an ETag is needed
    waybill.catalog.setPrice("A", { price }),
    // @ts-expect-error -- an absent field is absent, not undefined
    waybill.catalog.addVariant("A", { sku: "A", name: undefined, price }),
    // @ts-expect-error -- it takes no key
    waybill.orders.getOrder("1", { idempotencyKey: "k" }),
    // @ts-expect-error -- a status is a text
    waybill.orders.listOrders({ status: 1 }),
    // @ts-expect-error -- no such operation
    new FakeApi().fail("deleteOrder"),
    // @ts-expect-error -- not the body of this operation
    new FakeApi().answer("getStock", { sku: "A" }),
    // @ts-expect-error -- no such field
    error instanceof UnknownSkuError && error.problem.quantity_max,
    // @ts-expect-error -- not a list
    waybill.orders.getOrder("1").pages(),
  ];
}
