//! Making a block that Bitcoin Core would accept.

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version as BlockVersion};
use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, Block, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode,
    TxOut, Witness,
};

const FIRST_REWARD_SAT: u64 = 50 * 100_000_000;
/// On regtest.
const HALVING_INTERVAL: usize = 150;
/// The easiest there is.
const TARGET: u32 = 0x207f_ffff;
/// Marks the commitment to the witnesses (BIP 141).
const COMMITMENT_MARK: [u8; 4] = [0xaa, 0x21, 0xa9, 0xed];

/// A block on top of another, with its proof of work done.
pub(super) fn mined(
    previous: &Block,
    height: usize,
    transactions: Vec<Transaction>,
    fees_sat: u64,
    reward_to: &ScriptBuf,
    now_s: u64,
) -> Block {
    let reward_sat = (FIRST_REWARD_SAT >> (height / HALVING_INTERVAL)) + fees_sat;
    let coinbase = coinbase(height, reward_sat, reward_to);
    let time = u32::try_from(now_s).unwrap().max(previous.header.time + 1);
    let header = Header {
        version: BlockVersion::from_consensus(0x2000_0000),
        prev_blockhash: previous.block_hash(),
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(TARGET),
        nonce: 0,
    };
    let txdata = std::iter::once(coinbase).chain(transactions).collect();
    let mut block = Block { header, txdata };
    commit_to_witnesses(&mut block);
    block.header.merkle_root = block.compute_merkle_root().expect("a coinbase");
    let target = block.header.target();
    while block.header.validate_pow(target).is_err() {
        block.header.nonce += 1;
    }
    block
}

fn coinbase(height: usize, reward_sat: u64, reward_to: &ScriptBuf) -> Transaction {
    // Begins with the height (BIP 34).
    let height = i64::try_from(height).unwrap();
    let input = TxIn {
        previous_output: OutPoint::null(),
        script_sig: Builder::new().push_int(height).push_int(0).into_script(),
        sequence: Sequence::MAX,
        witness: Witness::from_slice(&[[0; 32]]),
    };
    let value = Amount::from_sat(reward_sat);
    let output = TxOut { value, script_pubkey: reward_to.clone() };
    let (version, lock_time) = (Version::TWO, LockTime::ZERO);
    Transaction { version, lock_time, input: vec![input], output: vec![output] }
}

fn commit_to_witnesses(block: &mut Block) {
    let root = block.witness_root().expect("a coinbase");
    let commitment = Block::compute_witness_commitment(&root, &[0; 32]);
    let mut data = PushBytesBuf::from(COMMITMENT_MARK);
    data.extend_from_slice(&commitment.to_byte_array()).unwrap();
    let script_pubkey = Builder::new().push_opcode(OP_RETURN).push_slice(data).into_script();
    block.txdata[0].output.push(TxOut { value: Amount::ZERO, script_pubkey });
}
