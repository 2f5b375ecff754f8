//! What the URLs of wallets have in common: a kind, an address, and parameters.

use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use url::Url;

/// A text that does not say where a wallet is. No text of these holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletUrlError {
    /// None of the kinds of wallets.
    #[error("a wallet is written in one of these forms: {}", crate::wallet_url::FORMS.join(", "))]
    Kind,
    /// A phoenixd URL that cannot be read.
    #[error(transparent)]
    Phoenixd(#[from] crate::PhoenixdUrlError),
    /// What follows the kind is no URL.
    #[error("the wallet's URL is not valid: {reason}; write {form}")]
    Url {
        /// How it is written.
        form: &'static str,
        /// What is wrong.
        reason: url::ParseError,
    },
    /// Neither http nor https.
    #[error("the wallet's URL must be http or https: write {0}")]
    Scheme(&'static str),
    /// A user, path or fragment.
    #[error("the wallet's URL has a part that does not belong there: write {0}")]
    Rest(&'static str),
    /// A parameter that is not known or stands there twice.
    #[error("the wallet's URL has a parameter that is not known, or one twice: write {0}")]
    Parameter(&'static str),
    /// A parameter that must be there.
    #[error("the wallet's URL lacks {name}: write {form}")]
    Missing {
        /// The parameter.
        name: &'static str,
        /// How it is written.
        form: &'static str,
    },
    /// A parameter's value.
    #[error("{name} in the wallet's URL must be {wanted}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
}

/// An address, and the parameters that nobody has taken yet.
pub(crate) struct UrlParts {
    base: Url,
    parameters: Vec<(String, String)>,
    form: &'static str,
}

impl UrlParts {
    /// Reads `text`, which begins with `kind` and is written like `form`.
    pub(crate) fn parse(
        text: &str,
        kind: &str,
        form: &'static str,
    ) -> Result<Self, WalletUrlError> {
        let inner = text.trim().strip_prefix(kind).ok_or(WalletUrlError::Kind)?;
        let mut base = Url::parse(inner).map_err(|reason| WalletUrlError::Url { form, reason })?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(WalletUrlError::Scheme(form));
        }
        let user = !base.username().is_empty() || base.password().is_some();
        if user || base.path() != "/" || base.fragment().is_some() {
            return Err(WalletUrlError::Rest(form));
        }
        let parameters = parameters(base.query().unwrap_or_default(), form)?;
        base.set_query(None);
        Ok(Self { base, parameters, form })
    }

    /// Takes a parameter that may be missing.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let position = self.parameters.iter().position(|(known, _)| known == name)?;
        Some(self.parameters.swap_remove(position).1)
    }

    /// Takes a parameter that must be there.
    pub(crate) fn take_required(&mut self, name: &'static str) -> Result<String, WalletUrlError> {
        let form = self.form;
        let value = self.take(name).filter(|value| !value.is_empty());
        value.ok_or(WalletUrlError::Missing { name, form })
    }

    /// The address, once every parameter was taken.
    pub(crate) fn end(self) -> Result<Url, WalletUrlError> {
        match self.parameters.is_empty() {
            true => Ok(self.base),
            false => Err(WalletUrlError::Parameter(self.form)),
        }
    }
}

/// The parameters of a query, in which `+` is a plus: base64 has it.
pub(crate) fn parameters(
    query: &str,
    form: &'static str,
) -> Result<Vec<(String, String)>, WalletUrlError> {
    let decode = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(|text| text.into_owned()).map_err(|_| WalletUrlError::Parameter(form))
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Eight hexadecimal digits that tell secrets apart and give nothing of them away.
pub(crate) fn fingerprint(secret: &str) -> String {
    let digest = Sha256::new_with_prefix("farebox wallet name").chain_update(secret).finalize();
    hex::encode(digest).chars().take(8).collect()
}
