// Buys once by the mppx command, and prints status, receipt and body as JSON. Ends with 0 if the
// answer is a 2xx.
//
//   node pay.mjs URL [METHOD [BODY [OPTIONS OF MPPX...]]]
//   MPPX_PRIVATE_KEY   the buyer's key; default: anvil's account 3
//   MPPX_RPC_URL       the chain, for tempo/charge
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BUYER_KEY } from './settings.mjs';

const mppx = join(dirname(createRequire(import.meta.url).resolve('mppx')), 'bin.js');
const [url, method = 'GET', body, ...options] = process.argv.slice(2);
const request = [url, '-i', '-X', method, ...(body ? ['-J', body] : []), ...options];
const env = { MPPX_PRIVATE_KEY: BUYER_KEY, ...process.env };

execFile(
  process.execPath,
  [mppx, ...request],
  { env, timeout: 60_000 },
  (error, said, complained) => {
    // With the headers of every answer before the last one's body.
    const last = said.slice(said.lastIndexOf('HTTP/1.1 '));
    const [head, content = ''] = last.split(/\n\r?\n(.*)/s);
    const status = Number(head.slice(9, 12));
    const encoded = /^payment-receipt: *(\S+)/im.exec(head)?.[1];
    const receipt = encoded ? JSON.parse(Buffer.from(encoded, 'base64url').toString()) : null;
    if (complained) process.stderr.write(complained);
    console.log(JSON.stringify({ status, receipt, body: readable(content.trim()) }));
    process.exitCode = error?.code || (status >= 200 && status < 300 ? 0 : 1);
  },
);

function readable(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
