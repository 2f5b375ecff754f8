// The facilitator client of x402 1 lists resources.
//
//   node discovery.mjs URL
import assert from 'node:assert/strict';
import { useFacilitator } from 'x402/verify';

const [url] = process.argv.slice(2);
const { items, pagination } = await useFacilitator({ url }).list({ type: 'http', limit: 20 });
assert.ok(items.length > 0 && items.length <= 20 && pagination.total >= items.length);
for (const item of items) assert.ok(item.resource && Array.isArray(item.accepts), item.resource);
