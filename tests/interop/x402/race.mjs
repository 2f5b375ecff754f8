// Signs one payment, sends it N times at once, and prints the answers as JSON: how often each
// status came, and every answer with its receipt and body.
//
//   node race.mjs URL N [METHOD [BODY]]
//   KEY       the buyer's private key; default: anvil's account 3
import { decodedReceipt, readable, signPayment } from './settings.mjs';

const [url, count, method = 'GET', body] = process.argv.slice(2);
const headers = body === undefined ? {} : { 'content-type': 'application/json' };
const payment = await signPayment(url, { method, headers, body });

async function send() {
  const answer = await fetch(url, { method, headers: { ...headers, ...payment }, body });
  const receipt = decodedReceipt(answer.headers);
  return { status: answer.status, receipt, body: readable(await answer.text()) };
}
const answers = await Promise.all(Array.from({ length: Number(count) }, send));
const statuses = {};
for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
console.log(JSON.stringify({ statuses, answers }));
