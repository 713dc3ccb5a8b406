// Places an order with openapi-fetch, whose types openapi-typescript writes.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

const [sku, reference] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({
  baseUrl: process.env.WAYBILL_BASE_URL!,
  headers: { Authorization: `Bearer ${process.env.WAYBILL_TOKEN}` },
});
const freshKey = () => ({ header: { 'Idempotency-Key': crypto.randomUUID() } });

const body: components['schemas']['PlaceOrder'] = {
  reference,
  customer_ref: 'outside',
  currency: 'GBP',
  lines: [{ sku, quantity: 2 }],
  payment: { token: 'tok_approve' },
};
let order = required(await client.POST('/v1/orders', { params: freshKey(), body }));
while (order.status === 'placed') {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const path = { order_id: order.order_id };
  order = required(await client.GET('/v1/orders/{order_id}', { params: { path } }));
}
console.log('order', order.order_id, order.status);

const page = required(await client.GET('/v1/orders', { params: { query: { reference } } }));
for (const each of page.items) {
  console.log('listed', each.order_id);
}

body.lines[0]!.sku = 'UNKNOWN';
const { error, response } = await client.POST('/v1/orders', { params: freshKey(), body });
if (error?.type === 'urn:waybill:problem:unknown-sku' && 'sku' in error) {
  console.log('problem', 'error in the result', response.status, error.type);
}

function required<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) {
    throw new Error(JSON.stringify(error));
  }
  return data;
}
