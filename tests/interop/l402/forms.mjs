// The forms of L402 that are in use: what an unpaid request is answered with. Each has
//
//   token    what makes the token of a sale (tokens.mjs)
//   lines    the WWW-Authenticate lines
//   headers  others, if any
//   body     the JSON body, if it is more than a word
//   schemes  what the credential may begin with; default: L402
//   refusal  what a credential that is not good is answered with; default: the offer
import { makeL402AuthenticateHeader } from '@getalby/lightning-tools/402';
import * as tokens from './tokens.mjs';

const { standard, urlSafe } = tokens;
const plain = ({ token, invoice }) => `L402 macaroon="${token}", invoice="${invoice}"`;
const old = ({ token, invoice }) => `LSAT macaroon="${token}", invoice="${invoice}"`;
const oneLine = (write) => (sale) => [write(sale)];
const issued = (token, lines = oneLine(plain)) => ({ token, lines });
const written = (write) => issued(standard, oneLine(write));
const inBody = (lines, body) => ({ token: standard, lines: () => lines, body });

const unheardOf =
  'Payment id="x", realm="127.0.0.1", method="unheardof", intent="charge", request="e30"';
// A request that is no request of MPP's.
const misshapen = ({ invoice }) => {
  const request = Buffer.from(JSON.stringify({ pay: invoice })).toString('base64url');
  return `Payment id="y", realm="127.0.0.1", method="lightning", intent="charge", request="${request}"`;
};
const bare401 = { status: 401, lines: ['L402'], body: { error: 'invalid token' } };
const both = ['L402', 'LSAT'];

// How the parameters are written.
const spellings = {
  plain: written(plain),
  'four-parameters': written(
    ({ token, invoice }) =>
      `L402 macaroon="${token}", invoice="${invoice}", version="0", token="${token}"`,
  ),
  specification: written(
    ({ token, invoice }) => `L402 version="0", token="${token}", invoice="${invoice}"`,
  ),
  'version-and-macaroon': written(
    ({ token, invoice }) => `L402 version="0", macaroon="${token}", invoice="${invoice}"`,
  ),
  'token-and-macaroon': written(
    ({ token, invoice }) =>
      `L402 version="0", token="${token}", macaroon="${token}", invoice="${invoice}"`,
  ),
  'another-token': written(
    ({ token, invoice }) => `L402 token="another", macaroon="${token}", invoice="${invoice}"`,
  ),
  'invoice-first': written(
    ({ token, invoice }) => `L402 invoice="${invoice}", macaroon="${token}"`,
  ),
  'capital-invoice': written(
    ({ token, invoice }) => `L402 macaroon="${token}", invoice="${invoice.toUpperCase()}"`,
  ),
  unquoted: issued(urlSafe, ({ token, invoice }) => [`L402 macaroon=${token}, invoice=${invoice}`]),
  'single-quotes': written(
    ({ token, invoice }) => `L402 macaroon='${token}', invoice='${invoice}'`,
  ),
  'no-commas': written(({ token, invoice }) => `L402 macaroon="${token}" invoice="${invoice}"`),
  semicolons: issued(urlSafe, ({ token, invoice }) => [
    `L402 macaroon=${token}; invoice=${invoice}`,
  ]),
  'lower-case': written((sale) => plain(sale).replace('L402', 'l402')),
  'other-names': written(
    ({ token, invoice }) => `L402 Macaroon = "${token}" ,\tINVOICE = "${invoice}"`,
  ),
  'more-parameters': written(
    ({ token, invoice }) =>
      `L402 realm="a, b", macaroon="${token}", price=10, invoice="${invoice}"`,
  ),
};

// Several challenges in one answer.
const neighbours = {
  'two-lines': {
    token: tokens.tiered,
    lines: (sale) => [old(sale), plain(sale)],
    schemes: both,
  },
  'two-names-in-one-line': {
    ...written((sale) => `${old(sale)}, ${plain(sale)}`),
    schemes: both,
  },
  folded: written((sale) => `${unheardOf}, ${plain(sale)}`),
  'folded-behind': written((sale) => `${plain(sale)}, ${unheardOf}`),
  'line-before': issued(standard, (sale) => [unheardOf, plain(sale)]),
};

// Tokens of other makes.
const makes = {
  'url-safe': issued(urlSafe),
  hexadecimal: issued(tokens.hexadecimal),
  'old-name': { ...issued(tokens.digitsWithin, oneLine(old)), schemes: ['LSAT'] },
  'hash-within': { ...issued(tokens.hashWithin), refusal: bare401 },
  'marked-hash-within': { ...issued(tokens.markedHashWithin), refusal: bare401 },
  'hash-digits-within': {
    ...issued(tokens.hashDigitsWithin),
    headers: ({ invoice, paymentHash, sats }) => ({
      'x-lightning-invoice': invoice,
      'x-payment-hash': paymentHash,
      'x-price-sats': String(sats),
    }),
    refusal: { status: 401, lines: [], body: { error: 'invalid_l402' } },
  },
  numbered: issued(tokens.numbered, (sale) => [`${plain(sale)}, ${misshapen(sale)}`]),
  'twice-encoded': issued(tokens.twiceEncoded),
  unsigned: issued(tokens.unsigned),
  // No comma after the version, as @getalby/lightning-tools writes it.
  signed: issued(tokens.signed, oneLine(makeL402AuthenticateHeader)),
};

// What others have in the header stands in the body.
const bodies = {
  'invoice-and-more-in-body': {
    token: tokens.described,
    lines: ({ token }) => [`L402 version="0", token="${token}"`],
    body: ({ token, invoice, paymentHash, sats }) => ({
      invoice,
      price_sats: sats,
      token,
      macaroon: token,
      payment_hash: paymentHash,
      payment_url: 'https://seller.example/pay',
      expires_at: Math.floor(Date.now() / 1000) + 600,
    }),
  },
  'invoice-in-body': {
    token: standard,
    lines: ({ token }) => [`L402 macaroon="${token}"`],
    body: ({ invoice }) => ({ payment_request: invoice }),
  },
  'token-in-body': {
    token: standard,
    lines: ({ invoice }) => [`L402 invoice="${invoice}"`],
    body: ({ token, invoice }) => ({ macaroon: token, invoice }),
  },
  'bare-scheme': inBody(['L402'], ({ token, invoice }) => ({ macaroon: token, invoice })),
  'body-alone': inBody([], ({ token, invoice }) => ({ token, bolt11: invoice })),
  'deep-in-body': inBody([], ({ token, invoice }) => ({
    error: 'payment required',
    l402: { token, payment_request: invoice },
  })),
};

export const forms = { ...spellings, ...neighbours, ...makes, ...bodies };

// Offers that no proof of payment could answer: they name a payment and no token.
export const unpayable = {
  'no-token': {
    token: () => 'none',
    lines: ({ invoice, paymentHash }) => [
      `L402 invoice="${invoice}", payment_hash="${paymentHash}"`,
    ],
    body: ({ invoice, paymentHash }) => ({ invoice, payment_hash: paymentHash }),
  },
};
