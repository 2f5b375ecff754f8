// Asks the index's API as its MCP server and its router do: their paths and parameters, and the
// fields that they read. Neither is published as a package.
//
//   node index.mjs URL
import assert from 'node:assert/strict';

const [base] = process.argv.slice(2);
const PAGE_LEN = 200;

async function ask(path, parameters = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const answer = await fetch(url);
  const body = await answer.json();
  assert.equal(answer.status, 200, `${url}: ${JSON.stringify(body)}`);
  return body;
}

const search = (parameters) => ask('/api/v1/services', parameters);

// The MCP server: a table of five fields by default, and every filter that its tool has.
const FIELDS = ['name', 'url', 'protocol', 'price_sats', 'health_status'];
const page = await search({ limit: 10 });
assert.equal(page.services.length, 10);
assert.equal(page.limit, 10);
assert.equal(page.offset, 0);
for (const row of page.services) FIELDS.forEach((field) => assert.ok(field in row, field));

const filters = {
  protocol: ['L402', 'x402', 'MPP'],
  health: ['healthy', 'degraded', 'down', 'unknown'],
  source: ['bazaar', 'satring', 'l402apps', 'sponge', 'l402directory', 'mpp', 'discovery',
    'self-registered'],
  featured: ['true'],
  verified: ['true'],
  sort: ['name', 'price', 'latency', 'uptime'],
  order: ['asc', 'desc'],
  max_price_usd: ['0.5'],
  category: ['weather'],
  q: ['weather'],
};
for (const [name, values] of Object.entries(filters)) {
  for (const value of values) {
    const found = await search({ [name]: value, limit: 10 });
    assert.ok(Array.isArray(found.services), `${name}=${value}`);
    assert.equal(typeof found.total, 'number', `${name}=${value}`);
    const field = { protocol: 'protocol', health: 'health_status' }[name];
    if (field) assert.ok(found.services.every((row) => row[field] === value), `${name}=${value}`);
  }
}
const found = await search({ q: 'weather', limit: 5, offset: 0 });
assert.ok(found.total > 0 && found.services.length > 0);
const detail = await ask(`/api/v1/services/${encodeURIComponent(found.services[0].id)}`);
assert.equal(detail.id, found.services[0].id);
assert.ok(Array.isArray(detail.health_checks) && Array.isArray(detail.related_services));

// It names each category with its count, which must be a number whatever the protocol.
const { categories } = await ask('/api/v1/categories');
assert.ok(!Array.isArray(categories) && Object.keys(categories).length > 0);
for (const counted of Object.values(categories)) assert.equal(typeof counted.total, 'number');
const { total_endpoints: total, by_protocol: rails } = await ask('/api/v1/health');
assert.equal(total, Object.values(rails).reduce((sum, rail) => sum + rail.endpoints, 0));

// An id that is none: the status and nothing else is read.
assert.equal((await fetch(new URL('/api/v1/services/unknown', base))).status, 404);

// The router: every healthy L402 endpoint, page by page until one is short, then those that it can
// pay within its budget, by words that stand in name, description, category or URL.
const rows = [];
for (let offset = 0; ; offset += PAGE_LEN) {
  const parameters = { protocol: 'L402', health: 'healthy', limit: PAGE_LEN, offset };
  const { services } = await search(parameters);
  rows.push(...services);
  if (services.length < PAGE_LEN) break;
}
const isPayable = (row) => row.lnget_compatible === 1 && row.price_sats <= 100 && row.url;
const texts = (row) => [row.name, row.description, row.category, row.url].join(' ').toLowerCase();
const candidates = rows.filter(isPayable).filter((row) => texts(row).includes('weather'));
assert.ok(candidates.length > 0, `none of ${rows.length} rows is a candidate`);
const [candidate] = candidates.sort((a, b) => a.latency_p50_ms - b.latency_p50_ms);
const offered = await fetch(candidate.url, { method: candidate.http_method ?? 'GET' });
assert.equal(offered.status, 402, candidate.url);
assert.match(offered.headers.get('www-authenticate'), /^L402 .*token="[^"]+"/);
assert.match(offered.headers.get('www-authenticate'), /invoice="lnbc[^"]+"/);
