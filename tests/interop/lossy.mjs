// Stands between a buyer and the seller at TARGET, and loses the answers to the first LOST requests
// that carry a payment: the seller has answered by then. Prints its URL.
//
//   node lossy.mjs
//   TARGET   the URL of the seller
//   LOST     default: 1
//   PORT     default: a free one
import { createServer, request } from 'node:http';

const target = new URL(process.env.TARGET);
let lost = Number(process.env.LOST ?? 1);

function isPayment(headers) {
  const named = ['payment-signature', 'x-payment', 'payment-authorization'].some((name) => headers[name]);
  return named || /^payment /i.test(headers.authorization ?? '');
}

const server = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const options = { host: target.hostname, port: target.port, method, path: url, headers: { ...headers, host: target.host } };
  const forwarded = request(options, (answer) => {
    const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk));
    answer.on('end', () => {
      if (isPayment(headers) && lost-- > 0) return outgoing.destroy();
      outgoing.writeHead(answer.statusCode, answer.headers);
      outgoing.end(Buffer.concat(chunks));
    });
  });
  forwarded.on('error', () => outgoing.destroy());
  incoming.pipe(forwarded);
});

server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
