// Sells GET /weather and POST /echo in each of the forms of L402 that are in use (forms.mjs), under
// the name of the form: GET /plain/weather, POST /plain/echo and so on. A credential must be the
// scheme as offered, the token as issued, byte for byte, and the preimage of its payment, for the
// request it was offered for, once. Its invoices are top-ups at a demo server, which the demo's own
// wallet can pay; the money arrives there. Prints its URL. GET /forms names the forms, and
// GET /unpayable those that cannot be answered.
//
//   node seller.mjs
//   DEMO    the URL of a demo server
//   SATS    what each route costs; default: 10
//   PORT    default: a free one
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { forms, unpayable } from './forms.mjs';

const sats = Number(process.env.SATS || 10);
const known = { ...forms, ...unpayable };
const sold = new Map();

async function newInvoice() {
  const answer = await fetch(`${process.env.DEMO}/api/v1/topup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amount_sats: sats }),
  });
  const { invoice, payment_hash: paymentHash } = await answer.json();
  if (!invoice) throw new Error(`no invoice: ${answer.status}`);
  return { invoice, paymentHash };
}

function send(response, status, content, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(content));
}

async function offer(request, response, form, why) {
  const sale = { ...(await newInvoice()), sats, method: request.method, path: request.url };
  sale.token = await form.token(sale);
  sold.set(sale.token, sale);
  send(response, 402, form.body?.(sale) ?? { error: 'payment required', why }, {
    'cache-control': 'no-store',
    'www-authenticate': form.lines(sale),
    ...form.headers?.(sale),
  });
}

// What is wrong with the credential of a request; undefined if nothing is. A good one is used up.
function objection(request, form) {
  const lines = request.headersDistinct.authorization ?? [];
  if (lines.length !== 1) return `${lines.length} Authorization lines`;
  const [, scheme, token, preimage] = /^(\S+) (.*):(.*)$/.exec(lines[0]) ?? [];
  if (!(form.schemes ?? ['L402']).includes(scheme)) return 'another scheme than was offered';
  const sale = sold.get(token);
  if (!sale) return 'a token that was not issued or is used up';
  if (sale.method !== request.method || sale.path !== request.url) return 'another request';
  if (!/^[0-9a-f]{64}$/.test(preimage)) return 'no preimage in lower-case hexadecimal';
  const hash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex');
  if (hash !== sale.paymentHash) return 'the preimage of another payment';
  sold.delete(token);
  return undefined;
}

async function handle(request, response) {
  let body = '';
  for await (const part of request) body += part;
  const [, name, route] = new URL(request.url, 'http://seller').pathname.split('/');
  if (name === 'forms') return send(response, 200, Object.keys(forms));
  if (name === 'unpayable') return send(response, 200, Object.keys(unpayable));
  const isSold = ['GET weather', 'POST echo'].includes(`${request.method} ${route}`);
  const form = known[name];
  if (!form || !isSold) return send(response, 404, { error: 'no such route' });
  if (request.headers.authorization === undefined) return offer(request, response, form);
  const why = objection(request, form);
  if (why === undefined) {
    return send(
      response,
      200,
      route === 'weather' ? { weather: 'sunny' } : { echo: JSON.parse(body) },
    );
  }
  console.error(`${name}: refused: ${why}`);
  if (!form.refusal) return offer(request, response, form, why);
  const { status, lines, body: content } = form.refusal;
  return send(response, status, { ...content, why }, { 'www-authenticate': lines });
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
