// Buys once by version 1 of the protocol and prints status, receipt and body as JSON. Ends with 0
// if the answer is a 2xx.
//
//   node buyer.mjs URL [METHOD [BODY]]
//   KEY       the buyer's private key; default: anvil's account 3
//   NETWORK   default: base-sepolia
import { createSigner, decodeXPaymentResponse, wrapFetchWithPayment } from 'x402-fetch';

const BUYER_KEY = '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6';
const signer = await createSigner(
  process.env.NETWORK || 'base-sepolia',
  process.env.KEY || BUYER_KEY,
);

const [url, method = 'GET', body] = process.argv.slice(2);
const headers = body === undefined ? {} : { 'content-type': 'application/json' };
const answer = await wrapFetchWithPayment(fetch, signer)(url, { method, headers, body });
const encoded = answer.headers.get('x-payment-response');
const text = await answer.text();
let content = text;
try {
  content = JSON.parse(text);
} catch {
  // Printed as the text that it is.
}
const receipt = encoded && decodeXPaymentResponse(encoded);
console.log(JSON.stringify({ status: answer.status, receipt, body: content }));
process.exitCode = answer.ok ? 0 : 1;
