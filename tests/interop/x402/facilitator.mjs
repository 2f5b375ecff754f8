// A facilitator for both versions of the protocol: /verify, /settle, /supported. Prints its URL.
//
//   node facilitator.mjs
//   RPC    the URL of the chain's RPC
//   PORT   default: a free one
//   KEY    the key that pays for gas; default: anvil's account 1. No two processes may share one.
import { x402Facilitator } from '@x402/core/facilitator';
import { toFacilitatorEvmSigner } from '@x402/evm';
import { registerExactEvmScheme } from '@x402/evm/exact/facilitator';
import express from 'express';
import { createWalletClient, nonceManager, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { FACILITATOR_KEY, chainAtRpc, setting } from './settings.mjs';

// Without the manager, settlements at the same time would take the same nonce.
const account = privateKeyToAccount(setting('KEY', FACILITATOR_KEY), { nonceManager });
const wallet = createWalletClient({ account, ...(await chainAtRpc()) }).extend(publicActions);
const signer = toFacilitatorEvmSigner({ ...wallet, address: account.address });
const facilitator = new x402Facilitator();
registerExactEvmScheme(facilitator, { signer, networks: `eip155:${wallet.chain.id}` });

const app = express();
app.use(express.json({ limit: '256kb' }));
app.get('/supported', (_, response) => response.json(facilitator.getSupported()));
for (const action of ['verify', 'settle']) {
  app.post(`/${action}`, async (request, response) => {
    const { paymentPayload, paymentRequirements } = request.body;
    try {
      response.json(await facilitator[action](paymentPayload, paymentRequirements));
    } catch (error) {
      console.error(`${action}: ${error.message}`);
      response.status(500).json({ error: error.message });
    }
  });
}

const listener = app.listen(Number(setting('PORT', 0)), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${listener.address().port}`);
});
