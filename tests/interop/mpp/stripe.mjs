// A stand-in for the part of Stripe's API that stripe/charge needs. Prints its URL.
//
//   node stripe.mjs
//   PORT    default: a free one
//
//   POST /v1/test_helpers/shared_payment/granted_tokens   a buyer's token for one payment
//   POST /v1/payment_intents                              a payment; honours Idempotency-Key
//   GET  /v1/payment_intents                              all of them, newest last
//   POST /misbehave   {"next":"…","times":1}: what the next payment intents meet
//     declined          402 with Stripe's error of a declined card
//     requires_action   an intent that waits for the payer
//     processing        an intent that is not finished
//     unavailable       500, and nothing was taken; the same key gets the same answer
//     busy              429, and nothing was begun
//     lost              the payment is taken and the connection ends without an answer
//     slow              the answer comes after two seconds
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const tokens = new Map();
const intents = [];
const answered = new Map();
const BEHAVIOURS = [
  'declined',
  'requires_action',
  'processing',
  'unavailable',
  'busy',
  'lost',
  'slow',
];
let misbehaviour = { next: null, times: 0 };

const identifier = (prefix) => `${prefix}_${randomBytes(12).toString('hex')}`;
const answer = (status, body, headers = {}) => ({ status, body, headers });
const error = (status, type, code, message) => answer(status, { error: { type, code, message } });
const invalid = (message) => error(400, 'invalid_request_error', 'parameter_invalid', message);

function grantToken(form) {
  const amount = Number(form.get('usage_limits[max_amount]'));
  const currency = form.get('usage_limits[currency]');
  const expiresAt = Number(form.get('usage_limits[expires_at]'));
  if (!form.get('payment_method') || !currency || !(amount > 0) || !(expiresAt > 0)) {
    return invalid(
      'payment_method and usage_limits with currency, max_amount and expires_at are needed',
    );
  }
  const token = { id: identifier('spt'), amount, currency, expiresAt, used: false };
  tokens.set(token.id, token);
  return answer(200, { id: token.id, object: 'shared_payment.granted_token', livemode: false });
}

function refusal(form) {
  const token = tokens.get(form.get('shared_payment_granted_token'));
  const amount = Number(form.get('amount'));
  if (!token) return invalid('No such shared_payment_granted_token');
  if (token.used) return invalid('The shared_payment_granted_token was used before');
  if (token.expiresAt * 1000 < Date.now())
    return invalid('The shared_payment_granted_token is expired');
  if (form.get('currency') !== token.currency)
    return invalid('The currency is not that of the token');
  if (!Number.isInteger(amount) || amount < 1 || amount > token.amount) {
    return invalid('The amount is not within the limits of the token');
  }
  if (token.currency === 'usd' && amount < 50) {
    return error(
      400,
      'invalid_request_error',
      'amount_too_small',
      'Amount must be at least $0.50 usd',
    );
  }
  return form.get('confirm') === 'true' ? undefined : invalid('confirm must be true');
}

function createIntent(form, behaviour) {
  if (behaviour === 'busy')
    return error(429, 'invalid_request_error', 'rate_limit', 'Too many requests');
  if (behaviour === 'unavailable')
    return error(500, 'api_error', null, 'Something went wrong on our end');
  if (behaviour === 'declined')
    return error(402, 'card_error', 'card_declined', 'Your card was declined.');
  const refused = refusal(form);
  if (refused) return refused;
  const status = ['requires_action', 'processing'].includes(behaviour) ? behaviour : 'succeeded';
  tokens.get(form.get('shared_payment_granted_token')).used = true;
  const metadata = {};
  for (const [name, value] of form) {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    if (key) metadata[key] = value;
  }
  const amount = Number(form.get('amount'));
  const currency = form.get('currency');
  const intent = {
    id: identifier('pi'),
    object: 'payment_intent',
    amount,
    currency,
    status,
    metadata,
    livemode: false,
  };
  intents.push(intent);
  return answer(200, intent);
}

function takePayment(form, headers) {
  const key = headers['idempotency-key'];
  const parameters = new URLSearchParams(form);
  parameters.sort();
  const before = key && answered.get(key);
  if (before && before.parameters !== parameters.toString()) {
    return error(
      400,
      'idempotency_error',
      null,
      'Keys for idempotent requests can only be used with the same parameters',
    );
  }
  if (before) return { ...before.result, headers: { 'idempotent-replayed': 'true' } };
  const behaviour = misbehaviour.times > 0 ? misbehaviour.next : null;
  if (behaviour) misbehaviour.times -= 1;
  const result = createIntent(form, behaviour);
  // As with Stripe, an answer is kept under its key, whether it is good or bad, unless it says that
  // the request was wrong or that nothing was begun.
  if (key && ![400, 429].includes(result.status))
    answered.set(key, { parameters: parameters.toString(), result });
  return { ...result, lost: behaviour === 'lost', slow: behaviour === 'slow' };
}

function handle(method, path, body, headers) {
  if (method === 'POST' && path === '/misbehave') {
    const { next, times = 1 } = JSON.parse(body);
    if (!BEHAVIOURS.includes(next)) return invalid(`next is one of ${BEHAVIOURS.join(', ')}`);
    misbehaviour = { next, times };
    return answer(200, misbehaviour);
  }
  if (!/^(Bearer|Basic) \S+$/.test(headers.authorization ?? '')) {
    return error(401, 'invalid_request_error', null, 'You did not provide an API key.');
  }
  const form = new URLSearchParams(body);
  switch (`${method} ${path}`) {
    case 'POST /v1/test_helpers/shared_payment/granted_tokens':
      return grantToken(form);
    case 'POST /v1/payment_intents':
      return takePayment(form, headers);
    case 'GET /v1/payment_intents':
      return answer(200, { object: 'list', data: intents, has_more: false });
    default:
      return error(
        404,
        'invalid_request_error',
        null,
        `Unrecognized request URL (${method}: ${path})`,
      );
  }
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const { pathname } = new URL(request.url, 'http://stripe');
  const {
    status,
    body: content,
    headers,
    lost,
    slow,
  } = handle(request.method, pathname, body, request.headers);
  if (lost) return request.socket.destroy();
  if (slow) await new Promise((resolve) => setTimeout(resolve, 2000));
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  return response.end(JSON.stringify(content));
});
server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
