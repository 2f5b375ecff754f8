//! Accounts, the token, blocks and waiting transactions.

use super::raw::RawTransaction;
use farebox_wire::evm::{
    Address, B256, Bytes, Signature, TokenDomain, TransferAuthorization, U256, keccak256,
};
use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Mined {
    /// As it was handed over.
    pub transaction: RawTransaction,
    /// The block's height.
    pub block: u64,
    /// Whether it did what it says.
    pub is_success: bool,
    /// Topics and data, by the token.
    pub logs: Vec<(Vec<B256>, Bytes)>,
}

/// The chain's books.
pub struct Ledger {
    /// The token.
    pub domain: TokenDomain,
    /// Of the token.
    pub balances: HashMap<Address, U256>,
    /// Accounts with code, and the one signature that each takes.
    pub contracts: HashMap<Address, Bytes>,
    /// The height of the newest block.
    pub block: u64,
    /// In wei for each unit of gas; a transaction that offers less waits.
    pub base_fee: u128,
    /// Whether a block comes with each transaction.
    pub mines_at_once: bool,
    /// The next transfers revert in their block, though simulations succeed.
    pub reverts: u32,
    /// Transfers go to this account, whatever was signed.
    pub diverts_to: Option<Address>,
    /// Seconds by which the chain's clock is ahead.
    pub ahead_s: u64,
    /// In the order of their blocks.
    pub mined: Vec<Mined>,
    /// By sender and count.
    pub waiting: BTreeMap<(Address, u64), RawTransaction>,
    used: HashMap<(Address, B256), u64>,
}

impl Ledger {
    pub(super) fn new(domain: TokenDomain) -> Self {
        Self {
            domain,
            balances: HashMap::new(),
            contracts: HashMap::new(),
            block: 100,
            base_fee: 1_000_000_000,
            mines_at_once: true,
            reverts: 0,
            diverts_to: None,
            ahead_s: 0,
            mined: Vec::new(),
            waiting: BTreeMap::new(),
            used: HashMap::new(),
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn time(&self) -> u64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        now.as_secs() + self.ahead_s
    }

    /// How many transactions of an account are in blocks up to one.
    #[must_use]
    pub fn count(&self, account: Address, block: u64) -> u64 {
        let is_theirs = |mined: &&Mined| mined.transaction.from == account && mined.block <= block;
        self.mined.iter().filter(is_theirs).count() as u64
    }

    /// The same with those that wait without a gap.
    #[must_use]
    pub fn pending_count(&self, account: Address) -> u64 {
        let mut count = self.count(account, self.block);
        while self.waiting.contains_key(&(account, count)) {
            count += 1;
        }
        count
    }

    /// Whether a nonce was used by a block.
    #[must_use]
    pub fn is_used(&self, payer: Address, nonce: B256, block: u64) -> bool {
        self.used.get(&(payer, nonce)).is_some_and(|used| *used <= block)
    }

    /// Takes a transaction, as a node does.
    ///
    /// # Errors
    /// The node's words.
    pub fn take(&mut self, transaction: RawTransaction) -> Result<B256, &'static str> {
        let (hash, key) = (transaction.hash, (transaction.from, transaction.nonce));
        if transaction.chain_id != self.domain.id.chain.get() {
            return Err("invalid chain id for signer");
        }
        if self.waiting.get(&key).is_some_and(|other| other.hash == hash) {
            return Err("already known");
        }
        if transaction.nonce < self.count(transaction.from, self.block) {
            return Err("nonce too low");
        }
        if let Some(other) = self.waiting.get(&key) {
            let bid = |fee: u128| fee + fee / 10;
            if transaction.max_fee < bid(other.max_fee)
                || transaction.max_priority_fee < bid(other.max_priority_fee)
            {
                return Err("replacement transaction underpriced");
            }
        }
        self.waiting.insert(key, transaction);
        if self.mines_at_once {
            self.mine();
        }
        Ok(hash)
    }

    /// Puts all that can be into blocks, one each; at least one block.
    pub fn mine(&mut self) {
        self.block += 1;
        let mut is_first = true;
        while let Some(key) = self.waiting.iter().find_map(|(key, transaction)| {
            let is_next = key.1 == self.count(key.0, self.block);
            (is_next && transaction.max_fee >= self.base_fee).then_some(*key)
        }) {
            if !std::mem::take(&mut is_first) {
                self.block += 1;
            }
            let transaction = self.waiting.remove(&key).unwrap();
            self.include(transaction);
        }
    }

    fn include(&mut self, transaction: RawTransaction) {
        let transfer = self.read_transfer(&transaction.data);
        let reverts = std::mem::take(&mut self.reverts);
        self.reverts = reverts.saturating_sub(1);
        let transfer = transfer.filter(|_| reverts == 0 && transaction.to == self.token());
        let logs = transfer.as_ref().map(|transfer| self.carry_out(transfer)).unwrap_or_default();
        // A transaction without data does nothing, and succeeds.
        let (block, is_success) = (self.block, transfer.is_some() || transaction.data.is_empty());
        self.mined.push(Mined { transaction, block, is_success, logs });
    }

    /// Somebody else uses a payer's nonce: for a transfer of these, in a block of its own.
    pub fn use_elsewhere(&mut self, transfer: &TransferAuthorization) {
        self.block += 1;
        let logs = self.carry_out(transfer);
        let stranger = Address::repeat_byte(0x99);
        let transaction = RawTransaction {
            hash: keccak256(transfer.nonce),
            from: stranger,
            chain_id: self.domain.id.chain.get(),
            nonce: self.count(stranger, self.block),
            max_priority_fee: 0,
            max_fee: 0,
            gas_limit: 0,
            to: self.token(),
            data: Bytes::new(),
        };
        self.mined.push(Mined { transaction, block: self.block, is_success: true, logs });
    }

    fn carry_out(&mut self, transfer: &TransferAuthorization) -> Vec<(Vec<B256>, Bytes)> {
        let to = self.diverts_to.unwrap_or(transfer.to);
        self.used.insert((transfer.from, transfer.nonce), self.block);
        *self.balances.entry(transfer.from).or_default() -= transfer.value;
        *self.balances.entry(to).or_default() += transfer.value;
        let used = keccak256("AuthorizationUsed(address,bytes32)");
        let moved = keccak256("Transfer(address,address,uint256)");
        let value = Bytes::from(transfer.value.to_be_bytes::<32>());
        vec![
            (vec![used, transfer.from.into_word(), transfer.nonce], Bytes::new()),
            (vec![moved, transfer.from.into_word(), to.into_word()], value),
        ]
    }

    /// The token's address.
    #[must_use]
    pub const fn token(&self) -> Address {
        self.domain.id.address
    }

    /// The transfer of a call's data, if the token would carry it out now.
    #[must_use]
    pub fn read_transfer(&self, data: &[u8]) -> Option<TransferAuthorization> {
        let word =
            |place: usize| Some(B256::from_slice(data.get(4 + place * 32..36 + place * 32)?));
        let number = |place| Some(U256::from_be_bytes(word(place)?.0));
        let selector = |text: &str| data.get(..4) == Some(&keccak256(text)[..4]);
        let fields = "address,address,uint256,uint256,uint256,bytes32";
        let signature =
            if selector(&format!("transferWithAuthorization({fields},uint8,bytes32,bytes32)")) {
                let v = *word(6)?.last()?;
                [word(7)?.as_slice(), word(8)?.as_slice(), &[v]].concat()
            } else if selector(&format!("transferWithAuthorization({fields},bytes)")) {
                let len = usize::try_from(number(7)?).ok()?;
                data.get(4 + 8 * 32..4 + 8 * 32 + len)?.to_vec()
            } else {
                return None;
            };
        let transfer = TransferAuthorization {
            from: Address::from_word(word(0)?),
            to: Address::from_word(word(1)?),
            value: number(2)?,
            valid_after: number(3)?,
            valid_before: number(4)?,
            nonce: word(5)?,
        };
        self.allows(&transfer, signature).then_some(transfer)
    }

    fn allows(&self, transfer: &TransferAuthorization, signature: Vec<u8>) -> bool {
        let now = U256::from(self.time());
        let is_signed = match self.contracts.get(&transfer.from) {
            Some(taken) => *taken == signature,
            None => Signature::new(signature).is_ok_and(|signature| {
                transfer.recover(&self.domain, &signature) == Ok(transfer.from)
            }),
        };
        let balance = self.balances.get(&transfer.from).copied().unwrap_or_default();
        is_signed
            && transfer.valid_after < now
            && now < transfer.valid_before
            && balance >= transfer.value
            && !self.used.contains_key(&(transfer.from, transfer.nonce))
    }
}
