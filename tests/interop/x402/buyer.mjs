// Buys once and prints status, receipt and body as JSON. Ends with 0 if the answer is a 2xx.
//
//   node buyer.mjs URL [METHOD [BODY]]
//   KEY       the buyer's private key; default: anvil's account 3
import { wrapFetchWithPayment } from '@x402/fetch';
import { buyer, decodedReceipt, readable } from './settings.mjs';

const [url, method = 'GET', body] = process.argv.slice(2);
const headers = body === undefined ? {} : { 'content-type': 'application/json' };
const answer = await wrapFetchWithPayment(fetch, buyer())(url, { method, headers, body });
const receipt = decodedReceipt(answer.headers);
console.log(
  JSON.stringify({ status: answer.status, receipt, body: readable(await answer.text()) }),
);
process.exitCode = answer.ok ? 0 : 1;
