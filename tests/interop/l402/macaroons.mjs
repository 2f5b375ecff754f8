// Macaroons in the encodings of version 1 and 2, as bytes. Their caveats are texts of the first
// party.
import { createHmac } from 'node:crypto';

const LOCATION = 1;
const IDENTIFIER = 2;
const SIGNATURE = 6;
const END = Buffer.from([0]);

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

function signatureOf(secret, identifier, caveats) {
  const key = hmac('macaroons-key-generator'.padEnd(32, '\0'), secret);
  return caveats.reduce(hmac, hmac(key, identifier));
}

function number(value) {
  const bytes = [];
  for (; value >= 0x80; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

const field = (type, content) =>
  Buffer.concat([Buffer.from([type, ...number(content.length)]), Buffer.from(content)]);

export function versionTwo({ secret, location, identifier, caveats = [] }) {
  return Buffer.concat([
    Buffer.from([2]),
    ...(location ? [field(LOCATION, location)] : []),
    field(IDENTIFIER, identifier),
    END,
    ...caveats.flatMap((caveat) => [field(IDENTIFIER, Buffer.from(caveat)), END]),
    END,
    field(SIGNATURE, signatureOf(secret, identifier, caveats)),
  ]);
}

// Length of the whole in four hexadecimal digits, then name, space, content, end of line.
function packet(name, content) {
  const line = Buffer.concat([Buffer.from(`${name} `), Buffer.from(content), Buffer.from('\n')]);
  const length = (line.length + 4).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(length), line]);
}

export function versionOne({ secret, location, identifier, caveats = [] }) {
  return Buffer.concat([
    packet('location', location),
    packet('identifier', identifier),
    ...caveats.map((caveat) => packet('cid', caveat)),
    packet('signature', signatureOf(secret, identifier, caveats)),
  ]);
}
