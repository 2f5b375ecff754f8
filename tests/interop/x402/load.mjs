// Buys N times at concurrency C, each time with a payment of its own, and prints a summary as JSON.
// Ends with 0 if all were served. All payments are signed before the clock starts.
//
//   node load.mjs URL N C               against a seller
//   node load.mjs --settle URL N C      against a facilitator, without a seller
//   KEY       the buyer's private key; default: anvil's account 3
//   NETWORK, PAYTO, ASSET, ASSET_NAME, AMOUNT   what --settle pays; default: a cent on 84532
import { x402HTTPClient } from '@x402/core/client';
import { SELLER_ADDRESS, buyer, setting } from './settings.mjs';

const settle = process.argv[2] === '--settle';
const [url, count, concurrency] = process.argv.slice(settle ? 3 : 2);
const client = buyer();

async function requirementsOfSeller() {
  const answer = await fetch(url);
  const body = await answer.json().catch(() => undefined);
  return new x402HTTPClient(client).getPaymentRequiredResponse(
    (name) => answer.headers.get(name),
    body,
  );
}

function requirementsForFacilitator() {
  const accepted = {
    scheme: 'exact',
    network: setting('NETWORK', 'eip155:84532'),
    amount: setting('AMOUNT', '10000'),
    asset: setting('ASSET', '0x036CbD53842c5426634e7929541eC2318f3dCF7e'),
    payTo: setting('PAYTO', SELLER_ADDRESS),
    maxTimeoutSeconds: 300,
    extra: { name: setting('ASSET_NAME', 'USDC'), version: '2' },
  };
  return { x402Version: 2, resource: { url: 'http://127.0.0.1/load' }, accepts: [accepted] };
}

function requestToSeller(payment) {
  return [url, { headers: new x402HTTPClient(client).encodePaymentSignatureHeader(payment) }];
}

function requestToFacilitator(payment) {
  const { x402Version, accepted: paymentRequirements } = payment;
  const body = JSON.stringify({ x402Version, paymentPayload: payment, paymentRequirements });
  return [
    `${url}/settle`,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body },
  ];
}

async function isServed(answer) {
  const text = await answer.text();
  return answer.ok && (!settle || JSON.parse(text).success)
    ? undefined
    : `${answer.status} ${text.slice(0, 200)}`;
}

const required = settle ? requirementsForFacilitator() : await requirementsOfSeller();
const waiting = [];
for (let i = 0; i < Number(count); i += 1) {
  const payment = await client.createPaymentPayload(required);
  waiting.push(settle ? requestToFacilitator(payment) : requestToSeller(payment));
}

const durations = [];
const failures = {};
async function buyUntilNoneIsLeft() {
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const begun = performance.now();
    const failure = await fetch(...next).then(
      isServed,
      (error) => error.cause?.code ?? error.message,
    );
    durations.push(performance.now() - begun);
    if (failure) failures[failure] = (failures[failure] ?? 0) + 1;
  }
}
const begun = performance.now();
await Promise.all(Array.from({ length: Number(concurrency) }, buyUntilNoneIsLeft));
const seconds = (performance.now() - begun) / 1000;

durations.sort((a, b) => a - b);
const failed = Object.values(failures).reduce((sum, times) => sum + times, 0);
const at = (share) => Math.round(durations[Math.floor((durations.length - 1) * share)]);
console.log(
  JSON.stringify({
    served: durations.length - failed,
    failed,
    per_second: Math.round((durations.length / seconds) * 10) / 10,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    failures,
  }),
);
process.exitCode = failed === 0 ? 0 : 1;
