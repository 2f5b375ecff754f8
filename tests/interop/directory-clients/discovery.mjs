// The discovery client of @x402/extensions lists and searches resources, page by page.
//
//   node discovery.mjs URL
import assert from 'node:assert/strict';
import { HTTPFacilitatorClient } from '@x402/core/server';
import { withBazaar } from '@x402/extensions/bazaar';

const [url] = process.argv.slice(2);
const { bazaar } = withBazaar(new HTTPFacilitatorClient({ url })).extensions;

const seen = new Set();
let total;
for (let offset = 0; total === undefined || offset < total; offset += 100) {
  const page = await bazaar.listResources({ type: 'http', limit: 100, offset });
  total = page.pagination.total;
  assert.equal(page.pagination.offset, offset);
  for (const item of page.items) {
    assert.equal(item.type, 'http');
    assert.ok(new URL(item.resource) && Array.isArray(item.accepts) && item.lastUpdated, item.resource);
    seen.add(item.resource);
  }
}
assert.ok(total > 0 && seen.size > 0, `${total} resources`);

const found = await bazaar.search({ query: 'weather', type: 'http', limit: 2 });
assert.ok(found.resources.length > 0);
const none = await bazaar.listResources({ payTo: '0x000000000000000000000000000000000000dEaD' });
assert.deepEqual(none.items, []);
console.log(JSON.stringify({ total, found: found.resources.length }));
