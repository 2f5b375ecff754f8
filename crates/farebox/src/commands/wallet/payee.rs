//! What is to be paid: an invoice, or one that an address hands out.

use super::pay::PayArgs;
use crate::commands::problem::Problem;
use farebox_money::{Msat, Sats};
use farebox_net::{ClientOptions, http_client};
use farebox_wallet::{AddressError, LightningAddress};
use farebox_wire::bolt11::Invoice;
use std::time::Duration;

/// For the server of a Lightning address.
const ADDRESS_WAIT: Duration = Duration::from_secs(20);

/// The code of a payment that may still be made.
pub(super) const PENDING: &str = "payment_pending";

/// Whom the arguments name.
pub(super) enum Payee {
    Invoice(String),
    Address { address: LightningAddress, amount: Msat, comment: Option<String> },
}

/// One payment.
pub(super) struct Order {
    pub(super) bolt11: String,
    pub(super) invoice: Invoice,
    /// Whose server handed the invoice out.
    pub(super) address: Option<String>,
}

impl Payee {
    /// Reads the arguments.
    pub(super) fn named_by(args: &PayArgs) -> Result<Self, Problem> {
        if !args.payee.contains('@') {
            return match (args.amount, &args.comment) {
                (None, None) => Ok(Self::Invoice(args.payee.trim().to_owned())),
                (Some(_), _) => {
                    Err(Problem::usage("--amount is for addresses: an invoice has its own"))
                }
                (None, Some(_)) => {
                    Err(Problem::usage("--comment is for addresses: an invoice takes none"))
                }
            };
        }
        let address: LightningAddress = args.payee.parse().map_err(Problem::usage)?;
        if args.look_up {
            return Err(Problem::usage("--look-up takes the invoice that was to be paid"));
        }
        let amount = args.amount.and_then(Sats::to_msat).filter(|amount| !amount.is_zero());
        let amount = amount
            .ok_or_else(|| Problem::usage(format!("say what {address} shall get with --amount")))?;
        Ok(Self::Address { address, amount, comment: args.comment.clone() })
    }

    /// The invoice, from the address's server where one is named.
    pub(super) async fn order(self) -> Result<Order, Problem> {
        let (bolt11, address) = match self {
            Self::Invoice(bolt11) => (bolt11, None),
            Self::Address { address, amount, comment } => {
                let bolt11 = ask(&address, amount, comment.as_deref()).await?;
                (bolt11, Some(address.to_string()))
            }
        };
        let invoice = Invoice::decode(&bolt11).map_err(Problem::usage)?;
        Ok(Order { bolt11, invoice, address })
    }
}

async fn ask(
    address: &LightningAddress,
    amount: Msat,
    comment: Option<&str>,
) -> Result<String, Problem> {
    let client = http_client(&ClientOptions {
        user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
        connect_timeout: ADDRESS_WAIT,
        read_timeout: ADDRESS_WAIT,
        insecure_tls: false,
        certificate: None,
        system_proxy: true,
    });
    let client = client.map_err(Problem::general)?;
    let asking = address.invoice(&client, amount, comment);
    let silent = |_| AddressError::Unreachable("no answer in time".into());
    Ok(tokio::time::timeout(ADDRESS_WAIT, asking).await.map_err(silent)??)
}

impl Order {
    /// Shows an invoice that only this process has, before it is paid: with it the payment can be
    /// looked up whatever happens.
    pub(super) fn announce(&self) {
        if let Some(address) = &self.address {
            eprintln!("{address} asks to be paid by {}", self.bolt11);
        }
    }

    /// Whom the money goes to, where that has a name.
    pub(super) fn to(&self) -> String {
        self.address.as_ref().map(|address| format!(" to {address}")).unwrap_or_default()
    }

    /// That nobody knows yet how the payment ends.
    pub(super) fn under_way(&self) -> Problem {
        let message = format!(
            "the payment is under way: it may still be made, and its amount is not free until it \
             has failed; look it up with: farebox wallet pay --look-up {}",
            self.bolt11
        );
        let hint = match self.address {
            None => "the same command again asks the wallet first and pays once",
            Some(_) => {
                "do not run the same command again: the address would hand out another invoice, \
                 and both may be paid"
            }
        };
        Problem::new(PENDING, message, 3).with_hint(Some(hint))
    }
}

impl From<AddressError> for Problem {
    fn from(error: AddressError) -> Self {
        let (code, exit_code) = match error {
            AddressError::NotAnAddress
            | AddressError::Amount { .. }
            | AddressError::Comment { .. } => ("usage", 2),
            AddressError::Unreachable(_) => ("address_unreachable", 4),
            AddressError::OtherAmount(_) => ("refused", 2),
            AddressError::NotSecure | AddressError::Refused(_) | AddressError::Unreadable(_) => {
                ("address", 1)
            }
        };
        Self::new(code, error.to_string(), exit_code)
    }
}
