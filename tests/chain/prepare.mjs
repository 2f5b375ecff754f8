// Puts the test token where USDC is on the chain that answers at RPC, and gives each of the chain's
// unlocked accounts a million of it. A Tempo chain has its tokens, and gets its first block.
//
//   node prepare.mjs RPC
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const TOKENS = {
  84532: { address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e', name: 'USDC' },
  8453: { address: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', name: 'USD Coin' },
};
const TEMPO = 42431;
const EACH = 1_000_000_000_000n;
const here = new URL('.', import.meta.url);

// Compiling takes some seconds: the code is kept for each state of the source.
async function runtimeCode() {
  const source = readFileSync(new URL('TestUSDC.sol', here), 'utf8');
  const kept = new URL(
    `node_modules/.cache/${createHash('sha256').update(source).digest('hex')}`,
    here,
  );
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const code = await compile(source);
    keep(kept, code);
    return code;
  }
}

// Several may start at once, and the folder may be another user's.
function keep(file, code) {
  try {
    mkdirSync(new URL('.', file), { recursive: true });
    const unfinished = new URL(`${file.href}.${process.pid}`);
    writeFileSync(unfinished, code);
    renameSync(unfinished, file);
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes(error.code)) throw error;
  }
}

async function compile(source) {
  const { default: solc } = await import('solc');
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: { 'TestUSDC.sol': { content: source } },
        settings: {
          optimizer: { enabled: true, runs: 200 },
          evmVersion: 'paris',
          outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
        },
      }),
    ),
  );
  const errors = (output.errors ?? []).filter((error) => error.severity === 'error');
  if (errors.length) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  return `0x${output.contracts['TestUSDC.sol'].TestUSDC.evm.deployedBytecode.object}`;
}

async function call(rpc, method, ...params) {
  const answer = await fetch(rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = await answer.json();
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

const word = (number) => BigInt(number).toString(16).padStart(64, '0');
const mint = (to) => `0x40c10f19${word(to)}${word(EACH)}`;
function setName(name) {
  const bytes = Buffer.from(name);
  return `0xc47f0027${word(32)}${word(bytes.length)}${bytes.toString('hex').padEnd(64, '0')}`;
}

async function placeToken(rpc, token) {
  await call(rpc, 'anvil_setCode', token.address, await runtimeCode());
  const accounts = await call(rpc, 'eth_accounts');
  const sent = [];
  for (const data of [setName(token.name), ...accounts.map(mint)]) {
    // Gas is named because an estimate would ask for the state as of the latest block.
    const transaction = { from: accounts[0], to: token.address, gas: '0x30d40', data };
    sent.push(await call(rpc, 'eth_sendTransaction', transaction));
  }
  await call(rpc, 'anvil_mine', '0x1');
  for (const hash of sent) {
    const receipt = await call(rpc, 'eth_getTransactionReceipt', hash);
    if (receipt?.status !== '0x1') throw new Error(`the token's transaction ${hash} failed`);
  }
}

const rpc = process.argv[2];
const chain = Number(await call(rpc, 'eth_chainId'));
if (chain === TEMPO) {
  // Its first block has the time 1, and transactions that expire are measured against it.
  await call(rpc, 'anvil_mine', '0x1');
} else if (TOKENS[chain]) {
  await placeToken(rpc, TOKENS[chain]);
} else {
  throw new Error(`no address of USDC is known for chain ${chain}`);
}
