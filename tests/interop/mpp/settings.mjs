// What the programs of this folder share.
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  nonceManager,
  publicActions,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

// The keys of anvil's accounts 1 and 3, and the address of account 2, which are public.
export const SETTLER_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
export const BUYER_KEY = '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6';
export const SELLER_ADDRESS = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

export const setting = (name, fallback) => process.env[name] || fallback;

// A wallet on the chain at this RPC, asked often, since its blocks come at once.
export async function walletAt(rpc, key) {
  const transport = http(rpc);
  const id = await createPublicClient({ transport }).getChainId();
  const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 };
  const chain = defineChain({
    id,
    name: 'test',
    nativeCurrency,
    rpcUrls: { default: { http: [rpc] } },
  });
  const account = privateKeyToAccount(key, { nonceManager });
  return createWalletClient({ account, chain, transport, pollingInterval: 50 }).extend(
    publicActions,
  );
}
