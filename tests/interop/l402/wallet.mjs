// A wallet that pays through phoenixd's HTTP API at PHOENIXD, such as
// http://:password@127.0.0.1:9740.
export async function payInvoice(invoice) {
  const { origin, password } = new URL(
    process.env.PHOENIXD ?? 'http://:farebox-demo@127.0.0.1:9740',
  );
  const answer = await fetch(`${origin}/payinvoice`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`:${password}`).toString('base64')}` },
    body: new URLSearchParams({ invoice }),
  });
  const text = await answer.text();
  const preimage = answer.ok && JSON.parse(text).paymentPreimage;
  if (!preimage) throw new Error(`the wallet did not pay: ${answer.status} ${text}`);
  return preimage;
}

// JSON where it is JSON, text elsewhere.
export function readable(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// URL [METHOD [BODY]] of the command line.
export function requestedOnCommandLine() {
  const [url, method = 'GET', body] = process.argv.slice(2);
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return { url, method, headers, body };
}
