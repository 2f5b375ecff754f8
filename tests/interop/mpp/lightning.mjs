// lightning/charge for mppx, which has it only as something to be added.
import { Credential, Method, Receipt, z } from 'mppx';
import { createHash } from 'node:crypto';

const charge = Method.from({
  name: 'lightning',
  intent: 'charge',
  schema: {
    credential: { payload: z.object({ preimage: z.string() }) },
    request: z.object({
      amount: z.string(),
      currency: z.string(),
      methodDetails: z.optional(
        z.object({
          invoice: z.string(),
          paymentHash: z.optional(z.string()),
          network: z.optional(z.string()),
        }),
      ),
    }),
  },
});

// Invoices are top-ups at a demo server, which the demo's own wallet can pay; the money arrives
// there.
export function lightningSeller(demo) {
  const used = new Set();
  async function newInvoice(sats) {
    const answer = await fetch(`${demo}/api/v1/topup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount_sats: Number(sats) }),
    });
    const { invoice, payment_hash: paymentHash } = await answer.json();
    if (!invoice) throw new Error(`no invoice: ${answer.status}`);
    return { invoice, paymentHash, network: 'regtest' };
  }
  return Method.toServer(charge, {
    defaults: { currency: 'sat' },
    async request({ credential, request }) {
      const offered = credential?.challenge.request.methodDetails;
      return { ...request, methodDetails: offered ?? (await newInvoice(request.amount)) };
    },
    async verify({ credential }) {
      const { paymentHash } = credential.challenge.request.methodDetails;
      const hash = createHash('sha256')
        .update(Buffer.from(credential.payload.preimage, 'hex'))
        .digest('hex');
      if (hash !== paymentHash || used.has(hash))
        throw new Error('the preimage is not of this payment, or was used');
      used.add(hash);
      return Receipt.from({
        method: 'lightning',
        reference: hash,
        status: 'success',
        timestamp: new Date().toISOString(),
      });
    },
  });
}

// Pays from a wallet: a function from an invoice to its preimage.
export function lightningBuyer(payInvoice) {
  return Method.toClient(charge, {
    async createCredential({ challenge }) {
      const preimage = await payInvoice(challenge.request.methodDetails.invoice);
      return Credential.serialize({ challenge, payload: { preimage } });
    },
  });
}
