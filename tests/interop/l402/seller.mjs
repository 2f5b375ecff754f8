// Sells GET /weather and POST /echo in each of the forms of L402 that are in use, under the name of
// the form: GET /plain/weather, POST /plain/echo and so on. Its invoices are top-ups at a demo
// server, which the demo's own wallet can pay; the money arrives there. Prints its URL, GET /forms
// names the forms.
//
//   node seller.mjs
//   DEMO    the URL of a demo server
//   SATS    what each route costs; default: 10
//   PORT    default: a free one
import { issueL402Macaroon, makeL402AuthenticateHeader } from '@getalby/lightning-tools/402';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const secret = 'the secret of a seller in a test, and no other';
const sats = Number(process.env.SATS || 10);
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

// A macaroon of version 2 without caveats.
function macaroonFor(paymentHash) {
  const identifier = Buffer.concat([
    Buffer.alloc(2),
    Buffer.from(paymentHash, 'hex'),
    randomBytes(32),
  ]);
  const signature = createHmac('sha256', secret).update(identifier).digest();
  const head = Buffer.from([2, 2, identifier.length]);
  return Buffer.concat([head, identifier, Buffer.from([0, 0, 6, signature.length]), signature]);
}

const standard = (hash) => macaroonFor(hash).toString('base64');
const urlSafe = (hash) => macaroonFor(hash).toString('base64url');
const payment =
  'Payment id="x", realm="127.0.0.1", method="unheardof", intent="charge", request="e30"';

// Each form: the token for a payment hash, and the header lines that offer it.
const forms = {
  plain: [standard, (token, invoice) => [`L402 macaroon="${token}", invoice="${invoice}"`]],
  'two-lines': [
    standard,
    (token, invoice) =>
      ['LSAT', 'L402'].map((scheme) => `${scheme} macaroon="${token}", invoice="${invoice}"`),
  ],
  specification: [
    standard,
    (token, invoice) => [`L402 version="0", token="${token}", invoice="${invoice}"`],
  ],
  both: [
    standard,
    (token, invoice) => [
      `L402 version="0", token="${token}", macaroon="${token}", invoice="${invoice}"`,
    ],
  ],
  'invoice-first': [
    standard,
    (token, invoice) => [`L402 invoice="${invoice}", macaroon="${token}"`],
  ],
  unquoted: [urlSafe, (token, invoice) => [`L402 macaroon=${token}, invoice=${invoice}`]],
  'lower-case': [standard, (token, invoice) => [`l402 macaroon="${token}", invoice="${invoice}"`]],
  'url-safe': [urlSafe, (token, invoice) => [`L402 macaroon="${token}", invoice="${invoice}"`]],
  folded: [
    standard,
    (token, invoice) => [`${payment}, L402 macaroon="${token}", invoice="${invoice}"`],
  ],
  // As @getalby/lightning-tools writes it: a signed JSON for a token, and no comma after the
  // version.
  signed: [
    (hash) => issueL402Macaroon(secret, hash),
    (token, invoice) => [makeL402AuthenticateHeader({ token, invoice })],
  ],
};

async function offer(response, form) {
  const [issue, lines] = forms[form];
  const { invoice, paymentHash } = await newInvoice();
  const token = await issue(paymentHash);
  sold.set(token, paymentHash);
  response.writeHead(402, {
    'www-authenticate': lines(token, invoice),
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify({ error: 'payment required' }));
}

// Each payment is good for one answer.
function isPaid(authorization) {
  const [, token, preimage] =
    /^(?:L402|LSAT) ([^:]+):([0-9a-f]{64})$/i.exec(authorization ?? '') ?? [];
  if (!token || !sold.has(token)) return false;
  const hash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex');
  return hash === sold.get(token) && sold.delete(token);
}

async function handle(request, response) {
  let body = '';
  for await (const part of request) body += part;
  const [, form, route] = new URL(request.url, 'http://seller').pathname.split('/');
  const answer = (status, content) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(content));
  };
  if (form === 'forms') return answer(200, Object.keys(forms));
  const known = forms[form] && ['GET weather', 'POST echo'].includes(`${request.method} ${route}`);
  if (!known) return answer(404, { error: 'no such route' });
  if (!isPaid(request.headers.authorization)) return offer(response, form);
  return answer(200, route === 'weather' ? { weather: 'sunny' } : { echo: JSON.parse(body) });
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
