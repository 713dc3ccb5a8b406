// Imports the served document into Postman's format and runs requests of the collection with newman.
//     node newman.mjs FOLDER_WITH_NODE_MODULES DOCUMENT SKU REFERENCE
// places an order; without SKU and REFERENCE it sends each request as it was imported.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const [folder, document, sku, reference] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const newman = require('newman');
const { convertV2 } = require('openapi-to-postmanv2');

const OPTIONS = {
  folderStrategy: 'Tags',
  parametersResolution: 'Example',
  enableOptionalParameters: false,
};
const REFUSED = 'function refuse() { throw new Error(`${pm.response.code} ${pm.response.text()}`) }';

const converted = await promisify(convertV2)(
  { type: 'string', data: readFileSync(document, 'utf8') }, OPTIONS,
);
if (!converted.result) {
  throw new Error(converted.reason);
}
const collection = converted.output[0].data;
const requests = collection.item.flatMap((folder) => folder.item);
for (const { request } of requests) {
  request.auth = { type: 'bearer', bearer: [{ key: 'token', value: process.env.WAYBILL_TOKEN }] };
  for (const header of request.header.filter(({ key }) => key === 'Idempotency-Key')) {
    header.value = '{{$guid}}';
  }
}

await (sku ? placeOrder() : sendEach());

async function placeOrder() {
  const found = await run([
    placing('place', sku, 'if (pm.response.code !== 201) refuse(); set("order", json.order_id)'),
    scripted('read', named('GET', 'v1/orders/:order_id'), `
      if (json.status === "placed") pm.execution.setNextRequest("read"); set("status", json.status)`),
    scripted('list', named('GET', 'v1/orders'), 'set("listed", json.items.map((each) => each.order_id).join(" "))'),
    placing('refused', 'UNKNOWN', 'set("problem", `${pm.response.code} ${json.type}`)'),
  ]);
  console.log('order', found.order, found.status);
  console.log('listed', found.listed);
  console.log('problem in pm.response', found.problem);
}

function placing(name, sku, script) {
  const item = scripted(name, named('POST', 'v1/orders'), script);
  const body = JSON.parse(item.request.body.raw);
  item.request.body.raw = JSON.stringify({ ...body, reference, lines: [{ sku, quantity: 2 }] });
  return item;
}

function named(method, path) {
  const { request } = requests.find(
    ({ request }) => request.method === method && request.url.path.join('/') === path,
  );
  const copy = structuredClone(request);
  for (const each of copy.url.variable ?? []) {
    each.value = '{{order}}';
  }
  for (const each of copy.url.query ?? []) {
    each.disabled = each.key !== 'reference';
    each.value = reference;
  }
  return copy;
}

function scripted(name, request, script) {
  const exec = `${REFUSED}
    const json = pm.response.json(); const set = (key, value) => pm.environment.set(key, value); ${script}`;
  return { name, request, event: [{ listen: 'test', script: { exec: exec.split('\n') } }] };
}

async function sendEach() {
  const script = `pm.test("is understood", () =>
    pm.expect(pm.response.code, pm.response.text()).to.be.oneOf([200, 201, 202, 404, 409, 412]))`;
  collection.event = [{ listen: 'test', script: { exec: script.split('\n') } }];
  await run(collection.item);
  console.log(requests.length, 'requests');
}

async function run(item) {
  const summary = await promisify(newman.run)({
    collection: { ...collection, item }, reporters: [], delayRequest: 50, timeoutRequest: 30_000,
  });
  const failures = summary.run.failures.map(({ error, source }) => `${source.name}: ${error.message}`);
  if (failures.length) {
    throw new Error(failures.join('\n'));
  }
  return Object.fromEntries(summary.environment.values.map(({ key, value }) => [key, value]));
}
