//! How wallets are named.

use farebox_wallet::{WalletUrl, WalletUrlError, open_wallet};

fn parse(text: &str) -> Result<WalletUrl, WalletUrlError> {
    text.parse()
}

#[test]
fn every_form_is_read_and_shown_without_its_secret() {
    for (text, shown) in [
        ("phoenixd:http://:5ec2e7@127.0.0.1:9740", "phoenixd:http://:***@127.0.0.1:9740"),
        (
            "lnd:https://node.example:8080?macaroon=5ec2e7",
            "lnd:https://node.example:8080?macaroon=***",
        ),
        ("cln:https://[::1]:3010?rune=5ec2e7+/-_%3D%3D", "cln:https://[::1]:3010?rune=***"),
        (
            " lnbits:https://lnbits.example/?network=signet&key=5ec2e7 ",
            "lnbits:https://lnbits.example?key=***24e5940d",
        ),
        (
            "nostr+walletconnect://b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4?relay=wss%3A%2F%2Frelay.example&relay=ws://[::1]:7&secret=5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2&lud16=a@b.example",
            "nostr+walletconnect://b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4?relay=relay.example,[::1]&secret=***4ac6b671",
        ),
    ] {
        let url = parse(text).unwrap();
        assert_eq!(url.to_string(), shown);
        assert!(!format!("{url:?}").contains("5ec2e7"), "{url:?}");
        assert!(open_wallet(&url).is_ok());
    }
}

#[test]
fn wallets_of_one_server_have_names_of_their_own() {
    let name = |key: &str| parse(&format!("lnbits:https://h?key={key}")).unwrap().to_string();
    assert_ne!(name("a"), name("b"));
    assert_eq!(name("a"), name("a"));
}

#[test]
fn an_error_says_the_form_and_never_the_secret() {
    for text in [
        "5ec2e7",
        "https://h?key=5ec2e7",
        "lnd:ftp://h?macaroon=5ec2e7",
        "lnd:https://h:99999?macaroon=5ec2e7",
        "lnd:https://h?macaroon=5ec2e7zz",
        "lnd:https://h?macaroon=5ec2e7&5ec2e7=1",
        "lnd:https://h?macaroon=5ec2e7&macaroon=5ec2e7",
        "lnd:https://h?macaroon=5ec2e7&cert=",
        "lnd:https://h?5ec2e7",
        "cln:https://h/path?rune=5ec2e7",
        "cln:https://5ec2e7@h?rune=5ec2e7",
        "cln:https://h?rune=5ec2e7%0A",
        "cln:https://h?rune=5ec2e7#x",
        "lnbits:https://h?key=",
        "lnbits:https://h?key=5ec2e7&network=5ec2e7",
        "lnbits:https://h?key=%FF5ec2e7",
        "nostr+walletconnect://5ec2e7?relay=wss://r&secret=5ec2e7",
        "nostr+walletconnect://b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4?relay=wss://r&secret=5ec2e7",
        "nostr+walletconnect://b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4?relay=https://5ec2e7&secret=5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2",
        "nostr+walletconnect://b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4?secret=5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2",
    ] {
        let error = parse(text).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("5ec2e7"), "{text}: {shown}");
    }
    let error = parse("cln:https://h").unwrap_err().to_string();
    assert!(error.contains("lacks rune: write cln:https://HOST:PORT?rune="), "{error}");
}
