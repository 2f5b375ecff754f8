// Buys once by mppx over lightning/charge, and prints status, receipt and body as JSON. Ends with 0
// if the answer is a 2xx.
//
//   node pay-lightning.mjs URL [METHOD [BODY]]
//   PHOENIXD   the wallet; default: that of a demo server
import { Mppx } from 'mppx/client';
import { payInvoice, readable, requestedOnCommandLine } from '../l402/wallet.mjs';
import { lightningBuyer } from './lightning.mjs';

const { url, ...request } = requestedOnCommandLine();
const mppx = Mppx.create({ methods: [lightningBuyer(payInvoice)], polyfill: false });
const answer = await mppx.fetch(url, request);
const encoded = answer.headers.get('payment-receipt');
const receipt = encoded && JSON.parse(Buffer.from(encoded, 'base64url').toString());
console.log(
  JSON.stringify({ status: answer.status, receipt, body: readable(await answer.text()) }),
);
process.exitCode = answer.ok ? 0 : 1;
