// Buys once as a client that takes nothing but the plainest form of L402 and changes the token
// before it shows it, and prints status and body as JSON. Ends with 0 if the answer is a 2xx, with
// 3 where the offer is not in that form, before anything is paid. What it insists on:
//
//   - the first WWW-Authenticate line is the offer, and no other is looked at;
//   - the scheme is `L402` or `LSAT`, in capitals, then macaroon and invoice in this order, in
//     double quotes, with a comma and one space between; whatever follows is ignored;
//   - the macaroon is standard base64 with padding, of version 2, with nothing after its signature,
//     and its identifier has 66 bytes: version 0, payment hash, token id;
//   - the preimage is the one of that payment hash.
//
// It appends the caveat `preimage=…` to the macaroon, as any bearer can, and sends
// `Authorization: L402 <macaroon>:<preimage>`, the preimage in lower-case hexadecimal.
//
//   node strict-client.mjs URL [METHOD [BODY]]
//   PHOENIXD   the wallet; default: that of a demo server
import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { payInvoice, readable, requestedOnCommandLine } from './wallet.mjs';

const OFFER = /^(LSAT|L402) macaroon="([^"]*)", invoice="([^"]*)"/;
const PADDED_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const LOCATION = 1;
const IDENTIFIER = 2;
const VERIFICATION_ID = 4;
const SIGNATURE = 6;

class Refusal extends Error {}
function insist(condition, what) {
  if (!condition) throw new Refusal(what);
}

// Reads the fields of a binary macaroon of version 2, one section after the other.
class Fields {
  constructor(bytes) {
    insist(bytes[0] === 2, 'the macaroon is not of version 2');
    this.bytes = bytes;
    this.at = 1;
  }

  number() {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      insist(this.at < this.bytes.length, 'the macaroon is cut off');
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Refusal('a length in the macaroon is too long');
  }

  // One section, up to its end mark: the fields by their type.
  section() {
    const fields = {};
    for (let type = this.number(); type !== 0; type = this.number()) {
      fields[type] = this.content();
    }
    return fields;
  }

  content() {
    const length = this.number();
    insist(this.at + length <= this.bytes.length, 'the macaroon is cut off');
    const content = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return content;
  }
}

function readMacaroon(encoded) {
  insist(
    encoded && PADDED_BASE64.test(encoded),
    'the macaroon is not standard base64 with padding',
  );
  const bytes = Buffer.from(encoded, 'base64');
  const fields = new Fields(bytes);
  const head = fields.section();
  const identifier = head[IDENTIFIER];
  insist(
    Object.keys(head).every((type) => [LOCATION, IDENTIFIER].includes(Number(type))),
    'unknown field',
  );
  insist(identifier?.length === 66, `the identifier has ${identifier?.length} bytes and not 66`);
  insist(identifier.readUInt16BE(0) === 0, 'the version of the identifier is not 0');
  let endOfCaveats = fields.at;
  for (let caveat = fields.section(); Object.keys(caveat).length; caveat = fields.section()) {
    insist(caveat[IDENTIFIER] && !caveat[VERIFICATION_ID], 'a caveat is not of the first party');
    endOfCaveats = fields.at;
  }
  insist(fields.number() === SIGNATURE, 'the macaroon has no signature');
  const signature = fields.content();
  insist(signature.length === 32, 'the signature has not 32 bytes');
  insist(fields.at === bytes.length, 'there is something after the signature');
  return {
    unsigned: bytes.subarray(0, endOfCaveats),
    signature,
    paymentHash: identifier.subarray(2, 34),
  };
}

function withCaveat({ unsigned, signature }, text) {
  const caveat = Buffer.from(text);
  insist(caveat.length < 128, 'the caveat is too long');
  const signed = createHmac('sha256', signature).update(caveat).digest();
  return Buffer.concat([
    unsigned,
    Buffer.from([IDENTIFIER, caveat.length]),
    caveat,
    Buffer.from([0, 0, SIGNATURE, signed.length]),
    signed,
  ]).toString('base64');
}

// By Node's own client, which shows the header lines as they came.
function send({ url, method, headers, body }) {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method, headers }, async (answer) => {
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part;
      const lines = [];
      for (let i = 0; i < answer.rawHeaders.length; i += 2) {
        lines.push([answer.rawHeaders[i].toLowerCase(), answer.rawHeaders[i + 1]]);
      }
      resolve({ status: answer.statusCode, lines, text });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function credentialFor(answer) {
  const line = answer.lines.find(([name]) => name === 'www-authenticate')?.[1];
  insist(line, 'there is no WWW-Authenticate line');
  const offer = OFFER.exec(line);
  insist(offer, `the first WWW-Authenticate line is not in the plain form: ${line}`);
  const [, , encoded, invoice] = offer;
  const macaroon = readMacaroon(encoded);
  insist(
    /^ln(bc|tb|tbs|bcrt)[0-9]*[munp]?1[02-9ac-hj-np-z]+$/.test(invoice),
    'the invoice is not BOLT 11',
  );
  const preimage = (await payInvoice(invoice)).toLowerCase();
  const hash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest();
  if (!hash.equals(macaroon.paymentHash)) {
    throw new Error('paid, and the preimage is not of the hash in the macaroon');
  }
  return `L402 ${withCaveat(macaroon, `preimage=${preimage}`)}:${preimage}`;
}

const request = requestedOnCommandLine();
try {
  let answer = await send(request);
  if (answer.status === 402) {
    const authorization = await credentialFor(answer);
    answer = await send({ ...request, headers: { ...request.headers, authorization } });
  }
  console.log(JSON.stringify({ status: answer.status, body: readable(answer.text) }));
  process.exitCode = answer.status >= 200 && answer.status < 300 ? 0 : 1;
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`not paid: ${error.message}`);
  process.exitCode = 3;
}
