// Sells by mppx. What it offers depends on what it is told: evm/charge on the chain at EVM_RPC,
// which it settles itself, tempo/charge on the chain at TEMPO_RPC, stripe/charge with the server at
// STRIPE, lightning/charge by invoices of the demo server at DEMO. GET /paid and POST /echo offer
// all of them and GET /evm, /tempo, /stripe and /lightning one each: a cent, 10 sats, or a dollar
// by Stripe, whose smallest charge is 50 cents. Prints its URL.
//
//   node seller.mjs
//   EVM_RPC, TEMPO_RPC   URLs of chains
//   STRIPE               the URL of a server that speaks Stripe's API
//   DEMO                 the URL of a demo server
//   PORT                 default: a free one
//   PAYTO                default: anvil's account 2
import { createServer } from 'node:http';
import { Mppx, Request, Store, evm, stripe, tempo } from 'mppx/server';
import { createClient, http, parseAbi } from 'viem';
import { tempoModerato } from 'viem/chains';
import { lightningSeller } from './lightning.mjs';
import { SELLER_ADDRESS, SETTLER_KEY, setting, walletAt } from './settings.mjs';

const PATH_USD = '0x20c0000000000000000000000000000000000000';
const recipient = setting('PAYTO', SELLER_ADDRESS);
const secretKey = 'the secret of a seller in a test, and no other';

const transferWithAuthorization = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, ' +
    'uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
]);

async function evmCharge(rpc) {
  const wallet = await walletAt(rpc, SETTLER_KEY);
  const currency = { 84532: evm.assets.baseSepolia.USDC, 8453: evm.assets.base.USDC }[
    wallet.chain.id
  ];
  async function settle({ payload, request }) {
    const { from, to, value, validAfter, validBefore, nonce, signature } = payload;
    const call = {
      address: request.currency,
      abi: transferWithAuthorization,
      functionName: 'transferWithAuthorization',
      args: [from, to, BigInt(value), BigInt(validAfter), BigInt(validBefore), nonce, signature],
    };
    const hash = await wallet.writeContract(call);
    const receipt = await wallet.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`the transaction ${hash} was reverted`);
    return { reference: hash };
  }
  return evm.charge({ currency, recipient, settle });
}

function tempoCharge(rpc) {
  const client = createClient({ chain: tempoModerato, transport: http(rpc), pollingInterval: 50 });
  const getClient = () => client;
  return tempo.charge({
    testnet: true,
    currency: PATH_USD,
    recipient,
    getClient,
    store: Store.memory(),
  });
}

// Stripe's own library is not needed for one call.
function stripeCharge(url) {
  async function create(parameters, { idempotencyKey, apiVersion }) {
    const answer = await fetch(`${url}/v1/payment_intents`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from('sk_test_seller:').toString('base64')}`,
        'idempotency-key': idempotencyKey,
        'stripe-version': apiVersion,
      },
      body: new URLSearchParams(flattened(parameters)),
    });
    const result = await answer.json();
    if (!answer.ok) throw new Error(result.error.message);
    return { ...result, lastResponse: { headers: Object.fromEntries(answer.headers) } };
  }
  const client = { paymentIntents: { create } };
  return stripe.charge({
    client,
    networkId: 'profile_test',
    currency: 'usd',
    decimals: 2,
    paymentMethodTypes: ['card'],
  });
}

// Nested values in Stripe's way: outer[inner]=value.
function flattened(values, prefix) {
  return Object.entries(values).flatMap(([name, value]) => {
    const key = prefix ? `${prefix}[${name}]` : name;
    return value && typeof value === 'object' ? flattened(value, key) : [[key, String(value)]];
  });
}

const offers = {};
if (process.env.EVM_RPC) offers.evm = [await evmCharge(process.env.EVM_RPC), { amount: '0.01' }];
if (process.env.TEMPO_RPC) offers.tempo = [tempoCharge(process.env.TEMPO_RPC), { amount: '0.01' }];
if (process.env.STRIPE) offers.stripe = [stripeCharge(process.env.STRIPE), { amount: '1.00' }];
if (process.env.DEMO) offers.lightning = [lightningSeller(process.env.DEMO), { amount: '10' }];
const all = Object.values(offers);
if (!all.length) throw new Error('none of EVM_RPC, TEMPO_RPC, STRIPE and DEMO is set');
const mppx = Mppx.create({ methods: all.map(([method]) => method), secretKey });
const routes = {
  'GET /paid': [mppx.compose(...all), () => ({ paid: true })],
  'POST /echo': [mppx.compose(...all), async (request) => ({ echo: await request.json() })],
};
for (const [name, offer] of Object.entries(offers)) {
  routes[`GET /${name}`] = [mppx.compose(offer), () => ({ paid: name })];
}

async function handle(request) {
  const { pathname } = new URL(request.url);
  if (pathname === '/free') return Response.json({ free: true });
  const route = routes[`${request.method} ${pathname}`];
  if (!route) return Response.json({ error: 'no such route' }, { status: 404 });
  const [charge, answer] = route;
  const charged = await charge(request.clone());
  if (charged.status === 402) return charged.challenge;
  return charged.withReceipt(Response.json(await answer(request)));
}

const server = createServer(Request.toNodeListener(handle));
server.listen(Number(setting('PORT', 0)), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
