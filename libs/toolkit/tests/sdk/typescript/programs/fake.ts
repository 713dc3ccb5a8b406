// A test of a program that uses the package, without a server: node fake.js
import { UnknownSkuError, type PlaceOrder, type StockLevel } from "waybill-client";
import { FakeApi, UnpreparedError } from "waybill-client/testing";

const stock: StockLevel = { sku: "A", on_hand: 1, reserved: 0, committed: 0 };
const wanted: PlaceOrder = {
  customer_ref: "c",
  currency: "GBP",
  lines: [{ sku: "A", quantity: 1 }],
  payment: { token: "tok_approve" },
};

const api = new FakeApi();
api.answer("getStock", stock, { ...stock, on_hand: 2 });
api.refuse("placeOrder", "unknown-sku", { sku: "A", pointer: "/lines/0/sku" });
api.fail("placeOrder");
api.reply("placeOrder", 201, { order_id: "order-1" });
const waybill = api.client();

const levels = [await waybill.inventory.getStock("A"), await waybill.inventory.getStock("A")];
const refused = await waybill.orders.placeOrder(wanted).catch((error: unknown) => error);
const { order_id } = await waybill.orders.placeOrder(wanted);
const unprepared = await waybill.orders.getOrder("1").catch((error: unknown) => error);
const keys = api.requests.slice(3, 5).map(({ headers }) => headers.get("idempotency-key"));

console.log(
  JSON.stringify({
    stock: levels,
    refused: refused instanceof UnknownSkuError && refused.problem.sku,
    retried: order_id,
    keys: new Set(keys).size,
    unprepared: unprepared instanceof UnpreparedError && unprepared.message,
    operations: api.requests.map(({ operation }) => operation),
  }),
);
