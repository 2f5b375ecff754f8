//! The two passwords that the node wrote into its data folder.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use url::Url;

const FILE: &str = "passwords";
const FILE_LEN_MAX: u64 = 4_096;
const FULL: &str = "http-password";
const LIMITED: &str = "http-password-limited-access";

/// What opens the node's API. Nothing of it can be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Passwords {
    full: String,
    limited: String,
}

/// What a wallet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To be paid.
    Receive,
    /// To pay.
    Pay,
}

impl Passwords {
    /// Those in the node's data folder; `None` until the node has written them.
    pub fn read(folder: &Path) -> Option<Self> {
        let mut text = String::new();
        let file = File::open(folder.join(FILE)).ok()?;
        file.take(FILE_LEN_MAX).read_to_string(&mut text).ok()?;
        let value = |name: &str| {
            let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
            let value = values.find_map(|rest| rest.strip_prefix('=')).map(str::trim);
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        Some(Self { full: value(FULL)?, limited: value(LIMITED)? })
    }

    /// The wallet's URL, with the password in it: the one that can pay only for who pays.
    pub fn wallet_url(&self, api: SocketAddr, access: Access) -> Option<String> {
        let password = match access {
            Access::Receive => &self.limited,
            Access::Pay => &self.full,
        };
        let mut url = Url::parse(&format!("http://{api}")).ok()?;
        url.set_password(Some(password)).ok()?;
        Some(format!("phoenixd:{url}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_wallet::WalletUrl;

    #[test]
    fn a_seller_gets_the_password_that_cannot_pay() {
        let folder = tempfile::tempdir().unwrap();
        let api = SocketAddr::from(([127, 0, 0, 1], 9740));
        assert!(Passwords::read(folder.path()).is_none());
        let file = folder.path().join("passwords");
        std::fs::write(&file, "http-password=all/of@it\n").unwrap();
        assert!(Passwords::read(folder.path()).is_none(), "half of the file");
        let text = "http-password=all/of@it\nhttp-password-limited-access=some\n";
        std::fs::write(&file, text).unwrap();
        let passwords = Passwords::read(folder.path()).unwrap();
        let url = |access| passwords.wallet_url(api, access).unwrap();
        assert_eq!(url(Access::Receive), "phoenixd:http://:some@127.0.0.1:9740/");
        assert_eq!(url(Access::Pay), "phoenixd:http://:all%2Fof%40it@127.0.0.1:9740/");
        let shown = url(Access::Pay).parse::<WalletUrl>().unwrap().to_string();
        assert_eq!(shown, "phoenixd:http://:***@127.0.0.1:9740");
    }
}
