// Buys once by the npm package l402, an interceptor of axios, and prints status and body as JSON.
// Ends with 0 if the answer is a 2xx.
//
//   node interceptor-buyer.mjs URL [METHOD [BODY]]
//   PHOENIXD   the wallet; default: that of a demo server
import axios from 'axios';
import l402 from 'l402';
import { payInvoice, readable, requestedOnCommandLine } from './wallet.mjs';

class PhoenixdWallet extends l402.Wallet {
  async payInvoice(invoice) {
    return new l402.PaymentResult(await payInvoice(invoice), true);
  }
}

const { url, method, headers, body } = requestedOnCommandLine();
const client = axios.create();
l402.setupL402Interceptor(client, new PhoenixdWallet(), new l402.MemoryTokenStore());
const request = {
  url,
  method,
  headers,
  data: body,
  responseType: 'text',
  transformResponse: (text) => text,
};
const answer = await client.request(request).catch((error) => {
  if (!error.response) throw error;
  return error.response;
});
console.log(JSON.stringify({ status: answer.status, body: readable(answer.data) }));
process.exitCode = answer.status < 300 ? 0 : 1;
