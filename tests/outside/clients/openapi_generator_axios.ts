// Places an order with the client that openapi-generator writes in TypeScript, for axios.
import { isAxiosError } from 'axios';
import {
  Configuration,
  OrdersApi,
  OrderStatus,
  type PlaceOrder,
  type PlaceOrder422Response,
} from './generated/index.js';

const [sku, reference] = process.argv.slice(2) as [string, string];
const orders = new OrdersApi(new Configuration({ accessToken: process.env.WAYBILL_TOKEN! }));

const body: PlaceOrder = {
  reference,
  customer_ref: 'outside',
  currency: 'GBP',
  lines: [{ sku, quantity: 2 }],
  payment: { token: 'tok_approve' },
};
let order = (await orders.placeOrder(crypto.randomUUID(), body)).data;
while (order.status === OrderStatus.Placed) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  order = (await orders.getOrder(order.order_id)).data;
}
console.log('order', order.order_id, order.status);

const page = await orders.listOrders(undefined, undefined, undefined, undefined, reference);
for (const each of page.data.items) {
  console.log('listed', each.order_id);
}

body.lines[0]!.sku = 'UNKNOWN';
try {
  await orders.placeOrder(crypto.randomUUID(), body);
} catch (refusal) {
  if (!isAxiosError<PlaceOrder422Response>(refusal) || !refusal.response) {
    throw refusal;
  }
  const { status, data } = refusal.response;
  console.log('problem', refusal.name, 'with response.data', status, data.type);
}
