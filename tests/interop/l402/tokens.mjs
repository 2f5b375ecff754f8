// The makes of token that sellers of L402 issue for a sale: { paymentHash, method, path }.
import { issueL402Macaroon } from '@getalby/lightning-tools/402';
import { randomBytes } from 'node:crypto';
import { versionOne, versionTwo } from './macaroons.mjs';

const secret = 'the secret of a seller in a test, and no other';
const hashOf = (sale) => Buffer.from(sale.paymentHash, 'hex');
const inOneHour = () => Math.floor(Date.now() / 1000) + 3600;
const padded = (text) => text.padEnd(Math.ceil(text.length / 4) * 4, '=');

// The identifier of L402: version 0, payment hash, token id.
const identifierOf = (sale) => Buffer.concat([Buffer.alloc(2), hashOf(sale), randomBytes(32)]);

const two = (sale) => versionTwo({ secret, location: 'lsat', identifier: identifierOf(sale) });

function withCaveats(sale, identifier) {
  const caveats = [
    `RequestPath = ${sale.path}`,
    `RequestMethod = ${sale.method}`,
    `ExpiresAt = ${inOneHour()}`,
  ];
  const bytes = versionOne({ secret, location: 'L402', identifier, caveats });
  return padded(bytes.toString('base64url'));
}

const json = (value) => Buffer.from(JSON.stringify(value)).toString('base64');

// Version 2, standard base64.
export const standard = (sale) => two(sale).toString('base64');

// Version 2, base64 for URLs without padding.
export const urlSafe = (sale) => two(sale).toString('base64url');

// Version 2 with caveats for the seller's own services.
export const tiered = (sale) => {
  const caveats = ['services=weather:0', 'weather_capabilities=read'];
  const identifier = identifierOf(sale);
  return versionTwo({ secret, location: 'lsat', identifier, caveats }).toString('base64');
};

// Version 2, hexadecimal.
export const hexadecimal = (sale) => two(sale).toString('hex');

// Version 2, whose identifier is that of L402 written in hexadecimal digits.
export const digitsWithin = (sale) => {
  const identifier = Buffer.from(identifierOf(sale).toString('hex'));
  const caveats = [`expiration=${inOneHour() * 1000}`];
  return versionTwo({ secret, location: 'here', identifier, caveats }).toString('base64');
};

// Version 1, base64 for URLs with padding; the identifier is the payment hash.
export const hashWithin = (sale) => withCaveats(sale, hashOf(sale));

// The same with a byte before the payment hash.
export const markedHashWithin = (sale) =>
  withCaveats(sale, Buffer.concat([Buffer.from([0xff]), hashOf(sale)]));

// Version 1, base64 for URLs without padding; the identifier is the payment hash in digits.
export const hashDigitsWithin = (sale) => {
  const caveats = [`payment_hash=${sale.paymentHash}`, 'amount_sats=10', 'account_id=7'];
  const [identifier, location] = [sale.paymentHash, 'seller'];
  return versionOne({ secret, location, identifier, caveats }).toString('base64url');
};

// Version 1; nothing in it says which payment it is for.
export const numbered = () => {
  const identifier = Buffer.concat([Buffer.from('\0\0id'), randomBytes(4), Buffer.from('id\0')]);
  const end = new Date(inOneHour() * 1000).toISOString();
  const caveats = [`time < ${end}`, 'kid = 1', 'loc = weather'];
  return versionOne({ secret, location: 'seller', identifier, caveats }).toString('base64');
};

// Version 1 in base64, and that in base64 again.
export const twiceEncoded = (sale) => {
  const caveats = [`payment_hash = ${sale.paymentHash}`];
  const bytes = versionOne({ secret, location: 'seller', identifier: sale.paymentHash, caveats });
  return Buffer.from(padded(bytes.toString('base64url'))).toString('base64');
};

// A JSON text that nobody has signed.
export const unsigned = (sale) => json({ hash: sale.paymentHash, exp: inOneHour() * 1000 });

// A JSON text about the request.
export const described = (sale) =>
  json({
    payment_hash: sale.paymentHash,
    resource: sale.path,
    nonce: randomBytes(8).toString('hex'),
  });

// As @getalby/lightning-tools issues it: a JSON text and its signature with a dot between.
export const signed = (sale) => issueL402Macaroon(secret, sale.paymentHash);
