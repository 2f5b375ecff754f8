// Buys once by @getalby/lightning-tools and prints status and body as JSON. Ends with 0 if the
// answer is a 2xx.
//
//   node buyer.mjs URL [METHOD [BODY]]
//   PHOENIXD   the wallet; default: that of a demo server
//   SCHEME     l402, mpp, or what the library prefers, which is the default
import { fetch402, fetchWithL402, fetchWithMpp } from '@getalby/lightning-tools/402';
import { payInvoice, readable, requestedOnCommandLine } from './wallet.mjs';

const buy = { l402: fetchWithL402, mpp: fetchWithMpp }[process.env.SCHEME] ?? fetch402;
const wallet = { payInvoice: async ({ invoice }) => ({ preimage: await payInvoice(invoice) }) };
const { url, ...request } = requestedOnCommandLine();
const answer = await buy(url, request, { wallet });
const paid = answer.payment?.amountSat ?? 0;
console.log(
  JSON.stringify({ status: answer.status, paid_sats: paid, body: readable(await answer.text()) }),
);
process.exitCode = answer.ok ? 0 : 1;
