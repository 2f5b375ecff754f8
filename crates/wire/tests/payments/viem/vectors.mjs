// Writes vectors.json anew: what viem, an independent implementation, makes of the same inputs.
// The tokens are those that the file already lists. Run it here, after `npm install viem@2.57.1`.
import fs from "node:fs";
import {
  domainSeparator, encodeAbiParameters, encodeEventTopics, encodeFunctionData, hashTypedData,
  keccak256, parseAbi, toBytes,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

const file = new URL("vectors.json", import.meta.url);
const tokens = JSON.parse(fs.readFileSync(file)).separators;
// The well-known keys of development nodes.
const keys = [
  "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
  "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
];
const payee = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
const transfer =
  "function transferWithAuthorization(address from, address to, uint256 value, " +
  "uint256 validAfter, uint256 validBefore, bytes32 nonce, ";
const abi = parseAbi([
  `${transfer}uint8 v, bytes32 r, bytes32 s)`,
  "function authorizationState(address authorizer, bytes32 nonce) view returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
  "function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)",
  "function transferWithMemo(address to, uint256 value, bytes32 memo)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)",
  "event TransferWithMemo(address indexed from, address indexed to, uint256 value, bytes32 indexed memo)",
]);
const abiWithBytes = parseAbi([`${transfer}bytes signature)`]);
const types = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};

const domainOf = ({ name, version, chain, address }) => ({
  name, version, chainId: chain, verifyingContract: address,
});

async function sign(key, token, index) {
  const account = privateKeyToAccount(key);
  const isLargest = index % 3 === 2;
  const largest = 2n ** 256n - 1n;
  const message = {
    from: account.address,
    to: payee,
    value: isLargest ? largest : BigInt(10000 + index),
    validAfter: index % 2 ? 1790000000n : 0n,
    validBefore: isLargest ? largest : 1790000060n + BigInt(index),
    nonce: keccak256(toBytes(`nonce ${index}`)),
  };
  const typed = { domain: domainOf(token), types, primaryType: "TransferWithAuthorization", message };
  const signature = await account.signTypedData(typed);
  const [r, s] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`];
  const v = Number.parseInt(signature.slice(130), 16);
  const args = types.TransferWithAuthorization.map(({ name }) => message[name]);
  const call = (abi, ...rest) =>
    encodeFunctionData({ abi, functionName: "transferWithAuthorization", args: [...args, ...rest] });
  return {
    key, chain: token.chain, asset: token.address, name: token.name, version: token.version,
    from: message.from, to: message.to, value: `${message.value}`,
    valid_after: `${message.validAfter}`, valid_before: `${message.validBefore}`,
    nonce: message.nonce, digest: hashTypedData(typed), signature,
    call_vrs: call(abi, v, r, s), call_bytes: call(abiWithBytes, `${signature}00`),
  };
}

const separators = tokens.map(({ chain, address, name, version }) => ({
  chain, address, name, version,
  separator: domainSeparator({ domain: domainOf({ chain, address, name, version }) }),
}));
const signed = [8453, 84532, 14].map((chain) => tokens.find((token) => token.chain === chain));
const signatures = [];
for (const key of keys) {
  for (const token of signed) signatures.push(await sign(key, token, signatures.length));
}
const { from: account, to: other, nonce, signature, digest } = signatures[0];
const call = (functionName, ...args) => encodeFunctionData({ abi, functionName, args });
const log = (eventName, args, data) => ({ topics: encodeEventTopics({ abi, eventName, args }), data });
const amount = encodeAbiParameters([{ type: "uint256" }], [12345n]);
const calls = {
  account, other, nonce, signature, digest,
  authorization_state: call("authorizationState", account, nonce),
  balance_of: call("balanceOf", account),
  is_valid_signature: call("isValidSignature", digest, signature),
  transfer_with_memo: call("transferWithMemo", other, 12345n, nonce),
};
const logs = {
  transfer: log("Transfer", { from: account, to: other }, amount),
  authorization_used: log("AuthorizationUsed", { authorizer: account, nonce }, "0x"),
  transfer_with_memo: log("TransferWithMemo", { from: account, to: other, memo: nonce }, amount),
};
const vectors = { source: "viem 2.57.1", separators, signatures, calls, logs };
fs.writeFileSync(file, `${JSON.stringify(vectors, null, 1)}\n`);
