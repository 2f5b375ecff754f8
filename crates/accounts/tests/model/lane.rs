//! The life of one account, with a model of it beside.

use crate::invoices::Draft;
use crate::node::{FEE, Fate, Node};
use farebox_accounts::{
    AccountError, Accounts, ClaimRequest, Hold, Token, WithdrawalError, WithdrawalOutcome,
};
use farebox_ledger::{AccountKey, writer};
use farebox_money::{Msat, Sats};
use farebox_store::{Store, StoreError, Transaction, params};
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// What a routing fee may be at least, which is set aside with a small withdrawal.
const FEE_RESERVE: u64 = 5_000;

/// Something that was begun, and perhaps done, when the process was cut off.
#[derive(Clone, Debug)]
enum Doubt {
    /// A first top-up; the money cannot be lost once its preimage is known.
    Opening(Option<Preimage>),
    /// Of so many msat.
    Refill(u64),
    /// Its hold is given back either way.
    Reserve,
    /// Of a hold that would have cost so many msat.
    Settle(u64),
    Withdrawal(PaymentHash, u64),
}

#[derive(Default)]
struct Model {
    commands: u64,
    random: u64,
    token: Option<Token>,
    account: String,
    /// What can be spent, in msat.
    balance: u64,
    holds: Vec<Hold>,
    /// The hold that ended last, and what it cost.
    ended: Option<(Hold, u64)>,
    doubt: Option<Doubt>,
}

pub struct Lane {
    number: u64,
    model: Mutex<Model>,
    is_broken: std::sync::atomic::AtomicBool,
}

/// What a process that is being cut off sees of its database is nothing that anybody hears of.
async fn unless_cut<T>(result: Result<T, AccountError>) -> Result<T, AccountError> {
    match result {
        Err(AccountError::Store(_)) => std::future::pending().await,
        result => result,
    }
}

/// Tells that a lane ended by panicking.
struct Watch<'a>(&'a Lane);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.is_broken.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }
}

impl Lane {
    pub fn new(number: u64) -> Self {
        let model = Model { random: number + 1, ..Model::default() };
        Self { number, model: Mutex::new(model), is_broken: false.into() }
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap()
    }

    pub fn commands(&self) -> u64 {
        self.model().commands
    }

    pub fn has_done(&self, quota: u64) -> bool {
        self.is_broken() || self.commands() >= quota
    }

    pub fn is_broken(&self) -> bool {
        self.is_broken.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// The next number below `end`.
    fn random(&self, end: u64) -> u64 {
        let mut model = self.model();
        model.random = model.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = model.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Goes on from where the process before was cut off, until `quota` commands are done.
    pub async fn live(&self, accounts: &Accounts, store: &Store, node: &Node, quota: u64) {
        let _watch = Watch(self);
        self.wake(accounts, store, node).await;
        while self.commands() < quota {
            self.step(accounts, node).await;
            self.model().commands += 1;
        }
        // At the end of all, nothing is set aside any more.
        while !self.model().holds.is_empty() {
            self.end(accounts, 0, 0).await;
        }
    }

    async fn step(&self, accounts: &Accounts, node: &Node) {
        let token = self.model().token.clone();
        let Some(token) = token else { return self.open(accounts, node).await };
        match self.random(100) {
            0..6 => self.refill(accounts, node, &token).await,
            6..50 => self.reserve(accounts, &token).await,
            50..90 => self.settle(accounts).await,
            90..95 => self.withdraw(accounts, node, &token).await,
            95..98 => self.end_again(accounts).await,
            _ => self.look(accounts).await,
        }
    }

    fn begin(&self, doubt: Doubt) {
        self.model().doubt = Some(doubt);
    }

    fn done(&self, balance: u64) {
        let mut model = self.model();
        (model.doubt, model.balance) = (None, balance);
    }

    fn claim(&self, preimage: Preimage, token: Option<Token>) -> ClaimRequest {
        ClaimRequest {
            preimage,
            token,
            idempotency_key: Some(format!("the key of lane {}", self.number)),
            client: format!("lane {}", self.number),
        }
    }

    async fn open(&self, accounts: &Accounts, node: &Node) {
        let sats = self.random(1_000) + 1;
        self.begin(Doubt::Opening(None));
        let topup =
            unless_cut(accounts.topup(Sats::new(sats), None, &format!("{}", self.number)).await)
                .await;
        let preimage = node.preimage_of(topup.unwrap().invoice.payment_hash);
        self.begin(Doubt::Opening(Some(preimage)));
        self.take_over(accounts, preimage).await;
    }

    /// Claims, which can be done again until the token was used.
    async fn take_over(&self, accounts: &Accounts, preimage: Preimage) {
        let first = unless_cut(accounts.claim(self.claim(preimage, None)).await).await.unwrap();
        if self.random(2) == 0 {
            let again = unless_cut(accounts.claim(self.claim(preimage, None)).await).await.unwrap();
            assert_eq!(again, first);
        }
        let account = unless_cut(accounts.authenticate(&first.token).await).await.unwrap();
        let refused = unless_cut(accounts.claim(self.claim(preimage, None)).await).await;
        assert!(matches!(refused, Err(AccountError::PaymentAlreadyUsed)), "{refused:?}");
        let mut model = self.model();
        (model.token, model.account) = (Some(first.token), account);
        (model.doubt, model.balance) = (None, first.balance.get());
    }

    async fn refill(&self, accounts: &Accounts, node: &Node, token: &Token) {
        let sats = self.random(1_000) + 1;
        self.begin(Doubt::Refill(sats * 1_000));
        let client = format!("{}", self.number);
        let topup =
            unless_cut(accounts.topup(Sats::new(sats), Some(token), &client).await).await.unwrap();
        let preimage = node.preimage_of(topup.invoice.payment_hash);
        let claimed = unless_cut(accounts.claim(self.claim(preimage, Some(token.clone()))).await)
            .await
            .unwrap();
        self.done(self.model_balance() + sats * 1_000);
        assert_eq!(claimed.balance.get(), self.model_balance());
    }

    fn model_balance(&self) -> u64 {
        self.model().balance
    }

    async fn reserve(&self, accounts: &Accounts, token: &Token) {
        let balance = self.model_balance();
        let amount = self.random(balance / 4 * 5 + 2_000) + 1;
        self.begin(Doubt::Reserve);
        match unless_cut(accounts.reserve(token, "model", Msat::new(amount)).await).await {
            Ok(hold) => {
                assert!(amount <= balance, "{amount} of {balance}");
                self.done(balance - amount);
                self.model().holds.push(hold);
            }
            Err(AccountError::InsufficientBalance { available, .. }) => {
                assert!(amount > balance, "{amount} of {balance}");
                assert_eq!(available.get(), balance);
                self.done(balance);
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Ends a hold: for nothing, for a part of it, or for all.
    async fn settle(&self, accounts: &Accounts) {
        let open = u64::try_from(self.model().holds.len()).unwrap();
        if open == 0 {
            return self.look(accounts).await;
        }
        let index = usize::try_from(self.random(open)).unwrap();
        let amount = self.model().holds[index].amount.get();
        let cost = match self.random(4) {
            0 => 0,
            1 => self.random(amount + 1),
            _ => amount,
        };
        self.end(accounts, index, cost).await;
    }

    async fn end(&self, accounts: &Accounts, index: usize, cost: u64) {
        self.begin(Doubt::Settle(cost));
        let hold = self.model().holds[index].clone();
        let amount = hold.amount.get();
        let left = unless_cut(accounts.end_hold(hold, Msat::new(cost)).await).await.unwrap();
        let hold = self.model().holds.swap_remove(index);
        self.model().ended = Some((hold, cost));
        self.done(self.model_balance() + amount - cost);
        assert_eq!(left.get(), self.model_balance());
    }

    /// Ending a hold once more changes nothing, and in another way not either.
    async fn end_again(&self, accounts: &Accounts) {
        let ended = self.model().ended.clone();
        let Some((hold, cost)) = ended else { return };
        let again = accounts.end_hold(hold.clone(), Msat::new(cost)).await;
        let again = unless_cut(again).await.unwrap();
        assert_eq!(again.get(), self.model_balance());
        let other = hold.amount.get() - cost;
        if other != cost {
            match accounts.end_hold(hold, Msat::new(other)).await {
                Err(AccountError::Store(StoreError::Unreadable(_))) => {}
                result => panic!("{:?}", unless_cut(result).await),
            }
        }
        self.look(accounts).await;
    }

    async fn withdraw(&self, accounts: &Accounts, node: &Node, token: &Token) {
        let balance = self.model_balance();
        let sats = self.random(balance / 1_000 + 2) + 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.number.to_be_bytes());
        seed[8..16].copy_from_slice(&self.random(u64::MAX).to_be_bytes());
        let draft = Draft { preimage: Preimage::new(seed), ..Draft::sats(0, sats) };
        node.knows(draft.preimage);
        self.begin(Doubt::Withdrawal(draft.hash(), sats * 1_000));
        let begun = unless_cut(accounts.collect(token, &draft.sign(), Sats::new(sats)).await).await;
        let reserve = FEE_RESERVE.max(sats * 10);
        match begun {
            Ok(_) => {
                assert!(sats * 1_000 + reserve <= balance, "{sats} of {balance} msat");
                self.await_end(accounts, node, draft.hash(), sats * 1_000).await;
            }
            Err(AccountError::Withdrawal(WithdrawalError::InsufficientBalance { .. })) => {
                assert!(sats * 1_000 + reserve > balance, "{sats} of {balance} msat");
                self.done(balance);
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits for the end of a withdrawal, which is what the node's payment has come to.
    async fn await_end(&self, accounts: &Accounts, node: &Node, hash: PaymentHash, msat: u64) {
        let account = self.model().account.clone();
        let outcome = loop {
            match unless_cut(accounts.withdrawal(account.clone(), hash).await).await {
                Ok(withdrawal) if withdrawal.outcome == WithdrawalOutcome::Pending => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(withdrawal) => break withdrawal.outcome,
                // Cut off before anything was written.
                Err(AccountError::Withdrawal(WithdrawalError::NotFound)) => {
                    assert!(!node.has_paid(hash));
                    return self.done(self.model_balance());
                }
                Err(error) => panic!("{error}"),
            }
        };
        let is_paid = matches!(outcome, WithdrawalOutcome::Paid { .. });
        assert_eq!(is_paid, node.has_paid(hash), "{outcome:?}, {:?}", Fate::of(hash));
        let cost = if is_paid { msat + FEE.get() } else { 0 };
        self.done(self.model_balance() - cost);
        self.look(accounts).await;
    }

    async fn look(&self, accounts: &Accounts) {
        let account = self.model().account.clone();
        let balance = unless_cut(accounts.balance(&account).await).await.unwrap();
        assert_eq!(balance.get(), self.model_balance(), "lane {}", self.number);
    }

    /// After a crash: holds are given back, and what was in doubt is now one thing or the other.
    async fn wake(&self, accounts: &Accounts, store: &Store, node: &Node) {
        let holds = std::mem::take(&mut self.model().holds);
        let held: u64 = holds.iter().map(|hold| hold.amount.get()).sum();
        self.model().balance += held;
        // Kept until it is resolved: this process can be cut off as well.
        let doubt = self.model().doubt.clone();
        match doubt {
            None => {}
            // Nobody knows the secret: it stays in the books, and is owed to nobody here.
            Some(Doubt::Opening(None) | Doubt::Reserve) => self.done(self.model_balance()),
            Some(Doubt::Opening(Some(preimage))) => self.resume_opening(accounts, preimage).await,
            Some(Doubt::Refill(msat)) => {
                self.await_no_pending(store).await;
                self.one_of(accounts, &[0, i128::from(msat)]).await;
            }
            Some(Doubt::Settle(cost)) => self.one_of(accounts, &[0, -i128::from(cost)]).await,
            Some(Doubt::Withdrawal(hash, msat)) => {
                self.await_end(accounts, node, hash, msat).await;
            }
        }
        if self.model().token.is_some() {
            self.look(accounts).await;
        }
    }

    /// The token of a claim whose answer was lost can be had again, unless it was used.
    async fn resume_opening(&self, accounts: &Accounts, preimage: Preimage) {
        match unless_cut(accounts.claim(self.claim(preimage, None)).await).await {
            Ok(_) => self.take_over(accounts, preimage).await,
            // Used in the moment before the cut: its holder would have had it.
            Err(AccountError::PaymentAlreadyUsed) => self.done(0),
            Err(error) => panic!("{error}"),
        }
    }

    /// A refill that was made is booked by the server itself.
    async fn await_no_pending(&self, store: &Store) {
        loop {
            let account = self.model().account.clone();
            let count = move |transaction: &Transaction<'_>| {
                let sql = "SELECT count(*) FROM topup WHERE account = ?1 AND state = 'pending'";
                transaction.one(sql, params![account], |row| row.get::<u64>(0))
            };
            if store.read(count).await.is_ok_and(|pending| pending == 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn one_of(&self, accounts: &Accounts, changes: &[i128]) {
        let account = self.model().account.clone();
        let actual = i128::from(unless_cut(accounts.balance(&account).await).await.unwrap().get());
        let known = i128::from(self.model_balance());
        let change = changes.iter().find(|change| known + **change == actual);
        assert!(change.is_some(), "{known} became {actual}, not by {changes:?}");
        self.done(u64::try_from(actual).unwrap());
    }

    /// At the end of all: the database has what the model has.
    pub async fn check(&self, store: &Store) {
        let key = AccountKey::User(self.model().account.clone());
        let read = move |transaction: &Transaction<'_>| writer::balance(transaction, &key);
        let balance = store.read(read).await.unwrap().available().unwrap();
        assert_eq!(balance.get(), self.model_balance(), "lane {}", self.number);
    }
}
