// Sells by version 1 of the protocol: GET /weather, GET /fail (which fails after the payment is
// verified) and POST /echo for a cent each, and gives GET /free away. Prints its URL. GET /counts
// tells how often each handler ran.
//
//   node seller.mjs
//   FACILITATOR   the URL of the facilitator
//   PORT          default: a free one
//   PAYTO         default: anvil's account 2
//   NETWORK       default: base-sepolia
import express from 'express';
import { paymentMiddleware } from 'x402-express';

const SELLER_ADDRESS = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const network = process.env.NETWORK || 'base-sepolia';
const payTo = process.env.PAYTO || SELLER_ADDRESS;
const url = process.env.FACILITATOR;
if (!url) throw new Error('FACILITATOR is not set');
const routes = ['GET /weather', 'GET /fail', 'POST /echo'];
const prices = Object.fromEntries(routes.map((route) => [route, { price: '$0.01', network }]));
const counts = { weather: 0, fail: 0, echo: 0 };

const app = express();
app.get('/counts', (_, response) => response.json(counts));
app.get('/free', (_, response) => response.json({ free: true }));
app.use(paymentMiddleware(payTo, prices, { url }));
app.get('/weather', (_, response) => response.json({ weather: 'sunny', served: ++counts.weather }));
app.get('/fail', (_, response) =>
  response.status(500).json({ error: 'as asked', served: ++counts.fail }),
);
app.post('/echo', express.json(), (request, response) => {
  response.json({ echo: request.body, served: ++counts.echo });
});

const listener = app.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${listener.address().port}`);
});
