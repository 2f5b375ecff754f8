// Sells GET /weather, GET /fail (which fails after the payment is verified) and POST /echo for a
// cent each, and gives GET /free away. Prints its URL. GET /counts tells how often each handler
// ran.
//
//   node seller.mjs
//   FACILITATOR   the URL of the facilitator
//   PORT          default: a free one
//   PAYTO         default: anvil's account 2
//   NETWORK       default: eip155:84532
import { HTTPFacilitatorClient } from '@x402/core/server';
import { ExactEvmScheme } from '@x402/evm/exact/server';
import { paymentMiddleware, x402ResourceServer } from '@x402/express';
import express from 'express';
import { SELLER_ADDRESS, requiredSetting, setting } from './settings.mjs';

const network = setting('NETWORK', 'eip155:84532');
const payTo = setting('PAYTO', SELLER_ADDRESS);
const facilitator = new HTTPFacilitatorClient({ url: requiredSetting('FACILITATOR') });
const server = new x402ResourceServer(facilitator).register(network, new ExactEvmScheme());
const accepts = { scheme: 'exact', price: '$0.01', network, payTo, maxTimeoutSeconds: 60 };
const routes = ['GET /weather', 'GET /fail', 'POST /echo'];
const counts = { weather: 0, fail: 0, echo: 0 };

const app = express();
app.get('/counts', (_, response) => response.json(counts));
app.get('/free', (_, response) => response.json({ free: true }));
app.use(paymentMiddleware(Object.fromEntries(routes.map((route) => [route, { accepts }])), server));
app.get('/weather', (_, response) => response.json({ weather: 'sunny', served: ++counts.weather }));
app.get('/fail', (_, response) =>
  response.status(500).json({ error: 'as asked', served: ++counts.fail }),
);
app.post('/echo', express.json(), (request, response) => {
  response.json({ echo: request.body, served: ++counts.echo });
});

const listener = app.listen(Number(setting('PORT', 0)), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${listener.address().port}`);
});
