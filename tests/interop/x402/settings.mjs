// What the programs of this folder share: settings from the environment, and a buyer.
import { x402Client, x402HTTPClient } from '@x402/core/client';
import { registerExactEvmScheme } from '@x402/evm/exact/client';
import { createPublicClient, defineChain, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

// The keys of anvil's accounts 1 to 3, which are public: facilitator, seller, buyer.
export const FACILITATOR_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
export const SELLER_ADDRESS = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
export const BUYER_KEY = '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6';

export const setting = (name, fallback) => process.env[name] || fallback;

export function requiredSetting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

// The chain at RPC, asked often, since its blocks come at once.
export async function chainAtRpc() {
  const rpc = requiredSetting('RPC');
  const transport = http(rpc);
  const id = await createPublicClient({ transport }).getChainId();
  const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 };
  const rpcUrls = { default: { http: [rpc] } };
  return {
    chain: defineChain({ id, name: 'test', nativeCurrency, rpcUrls }),
    transport,
    pollingInterval: 50,
  };
}

export function buyer() {
  const signer = privateKeyToAccount(setting('KEY', BUYER_KEY));
  return registerExactEvmScheme(new x402Client(), { signer });
}

// Asks for the URL unpaid and signs what its 402 wants, without sending it.
export async function signPayment(url, request) {
  const client = new x402HTTPClient(buyer());
  const answer = await fetch(url, request);
  const body = await answer.json().catch(() => undefined);
  if (answer.status !== 402) throw new Error(`expected 402 and got ${answer.status}`);
  const required = client.getPaymentRequiredResponse((name) => answer.headers.get(name), body);
  return client.encodePaymentSignatureHeader(await client.createPaymentPayload(required));
}

// JSON where it is JSON, text elsewhere.
export function readable(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function decodedReceipt(headers) {
  const receipt = headers.get('payment-response') ?? headers.get('x-payment-response');
  return receipt && JSON.parse(Buffer.from(receipt, 'base64').toString());
}
