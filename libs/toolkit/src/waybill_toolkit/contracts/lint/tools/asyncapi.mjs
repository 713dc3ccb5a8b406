// Checks AsyncAPI documents: {name: document} as JSON on standard input, {name: [diagnostic]} on
// standard output. The first argument is the folder that has node_modules.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const require = createRequire(`${process.argv[2]}/`);
const { Parser } = require('@asyncapi/parser');

const documents = JSON.parse(await text(process.stdin));
const found = {};
for (const [name, document] of Object.entries(documents)) {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  found[name] = diagnostics.map(({ code, message, path, severity }) => ({ code, message, path, severity }));
}
process.stdout.write(JSON.stringify(found));
