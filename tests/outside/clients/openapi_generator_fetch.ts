// Places an order with the client that openapi-generator writes in TypeScript, for fetch.
import {
  Configuration,
  OrdersApi,
  OrderStatus,
  type PlaceOrder,
  ResponseError,
} from './generated/index.js';

const [sku, reference] = process.argv.slice(2) as [string, string];
const orders = new OrdersApi(new Configuration({ accessToken: process.env.WAYBILL_TOKEN! }));

const placeOrder: PlaceOrder = {
  reference,
  customer_ref: 'outside',
  currency: 'GBP',
  lines: [{ sku, quantity: 2 }],
  payment: { token: 'tok_approve' },
};
let order = await orders.placeOrder({ idempotencyKey: crypto.randomUUID(), placeOrder });
while (order.status === OrderStatus.Placed) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  order = await orders.getOrder({ orderId: order.order_id });
}
console.log('order', order.order_id, order.status);

for (const each of (await orders.listOrders({ reference })).items) {
  console.log('listed', each.order_id);
}

placeOrder.lines[0]!.sku = 'UNKNOWN';
try {
  await orders.placeOrder({ idempotencyKey: crypto.randomUUID(), placeOrder });
} catch (refusal) {
  if (!(refusal instanceof ResponseError)) {
    throw refusal;
  }
  const problem = await refusal.response.json();
  console.log('problem', refusal.name, 'with the response', refusal.response.status, problem.type);
}
