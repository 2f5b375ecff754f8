//! Backups of a running server, and their way back.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Demo, farebox, json, output_of, stderr, stdout};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tempfile::TempDir;

/// A demo's data folder, and the database that `TEST_DATABASE` names.
struct Site {
    data: TempDir,
    config: PathBuf,
    _database: farebox_testing::TestDatabase,
}

impl Site {
    fn new() -> Self {
        let (data, database) = (tempfile::tempdir().unwrap(), farebox_testing::database());
        let config = data.path().join("farebox.toml");
        let store = database.postgres_url().map(|url| format!("[store]\npostgres = \"{url}\"\n"));
        std::fs::write(&config, store.unwrap_or_default()).unwrap();
        Self { data, config, _database: database }
    }

    fn start(&self) -> Demo {
        Demo::start_with(self.data.path(), &["--config", self.config.to_str().unwrap()])
    }

    fn admin(&self, arguments: &[&str]) -> Output {
        let mut command = farebox();
        command.env("FAREBOX_DATA", self.data.path()).env("FAREBOX_CONFIG", &self.config);
        output_of(command.arg("admin").args(arguments))
    }

    fn backup(&self, to: &Path) -> Output {
        self.admin(&["backup", "--demo", "--json", to.to_str().unwrap()])
    }

    fn restore(&self, from: &Path, more: &[&str]) -> Output {
        let arguments = ["restore", "--demo", "--json", from.to_str().unwrap()];
        self.admin(&[&arguments, more].concat())
    }

    fn verify(&self, more: &[&str]) -> Output {
        self.admin(&[&["ledger", "verify", "--demo", "--json"], more].concat())
    }
}

/// One request of a client that knows nothing of money.
fn ask(demo: &Demo, method: &str, path: &str, token: Option<&str>, body: &str) -> (u16, Value) {
    let address = demo.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let bearer = token.map(|token| format!("X-Token: {token}\r\n")).unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{bearer}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// A token with a balance.
fn funded(demo: &Demo, sats: u64) -> String {
    let buyer = tempfile::tempdir().unwrap();
    let asked = format!("{{\"amount_sats\": {sats}}}");
    let (status, topup) = ask(demo, "POST", "/api/v1/topup", None, &asked);
    assert_eq!(status, 402, "{topup}");
    let pay = ["wallet", "pay", "--json", "--max-fee", "1000", topup["invoice"].as_str().unwrap()];
    let paid = json(&output_of(demo.buyer(buyer.path()).args(pay)));
    let claim = format!("{{\"preimage\": {}}}", paid["preimage"]);
    let (status, claimed) = ask(demo, "POST", "/api/v1/topup/claim", None, &claim);
    assert_eq!(status, 200, "{claimed}");
    claimed["token"].as_str().unwrap().to_owned()
}

fn balance(demo: &Demo, token: &str) -> u64 {
    let (status, balance) = ask(demo, "GET", "/api/v1/balance", Some(token), "");
    assert_eq!(status, 200, "{balance}");
    balance["balance_sats"].as_u64().unwrap()
}

#[test]
fn a_backup_under_load_is_of_one_moment_and_comes_back_as_it_was() {
    let (site, backups) = (Site::new(), tempfile::tempdir().unwrap());
    let folder = |number: usize| backups.path().join(format!("backup-{number}"));
    let demo = site.start();
    let token = funded(&demo, 50_000);
    let (is_over, bought) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut heads = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let (status, answer) = ask(&demo, "GET", "/demo/weather", Some(&token), "");
                    assert_eq!(status, 200, "{answer}");
                    bought.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for number in 0..3 {
            let before = bought.load(Ordering::SeqCst);
            while bought.load(Ordering::SeqCst) < before + 20 {
                std::thread::yield_now();
            }
            let made = site.backup(&folder(number));
            heads.push(if made.status.success() { json(&made) } else { Value::Null });
            if !made.status.success() {
                is_over.store(true, Ordering::SeqCst);
                panic!("{}", stderr(&made));
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let heads: Vec<_> = heads.iter().map(|made| made["head"].as_str().unwrap()).collect();
    let seqs: Vec<u64> =
        heads.iter().map(|head| head.split_once(':').unwrap().0.parse().unwrap()).collect();
    assert!(seqs[0] < seqs[1] && seqs[1] < seqs[2], "nothing was sold meanwhile: {seqs:?}");
    let first = folder(0);
    let live = json(&site.verify(&["--backup", first.to_str().unwrap(), "--head", heads[2]]));
    assert_eq!(live["sound"], true, "{live}");
    let (spent, end) = (50_000 - balance(&demo, &token), live["head"].as_str().unwrap());
    assert_eq!(spent, 5 * bought.load(Ordering::SeqCst));
    let running = site.restore(&folder(2), &["--replace"]);
    assert_eq!(running.status.code(), Some(1), "a server runs: {}", stdout(&running));
    assert!(demo.stop().success());
    let kept = site.restore(&folder(2), &[]);
    assert_eq!(kept.status.code(), Some(2), "there is data: {}", stdout(&kept));
    let restored = json(&site.restore(&folder(2), &["--replace"]));
    assert_eq!(restored["head"], heads[2]);
    assert!(!restored["moved_to"].as_array().unwrap().is_empty());
    let verified = json(&site.verify(&["--head", heads[1]]));
    assert_eq!((&verified["head"], &verified["sound"]), (&Value::from(heads[2]), &true.into()));
    let cut_off = site.verify(&["--head", end]);
    assert_eq!(cut_off.status.code(), Some(1), "the tail is gone: {}", stdout(&cut_off));
    let demo = site.start();
    assert!(
        balance(&demo, &token) >= 50_000 - spent,
        "the token is good and what it bought later is not there"
    );
    assert_eq!(ask(&demo, "GET", "/demo/weather", Some(&token), "").0, 200);
}

#[test]
fn a_damaged_backup_is_refused_and_the_data_stays() {
    let (site, backups) = (Site::new(), tempfile::tempdir().unwrap());
    let demo = site.start();
    let token = funded(&demo, 100);
    let good = backups.path().join("good");
    let made = json(&site.backup(&good));
    assert_eq!(ask(&demo, "GET", "/demo/weather", Some(&token), "").0, 200);
    assert!(demo.stop().success());
    let before = json(&site.verify(&[]));
    let names: Vec<_> = made["files"].as_array().unwrap().iter().collect();
    assert!(names.len() == 3, "{names:?}");
    for file in names {
        let name = file["name"].as_str().unwrap();
        let path = good.join(name);
        let content = std::fs::read(&path).unwrap();
        let mut damaged = content.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let refused = site.restore(&good, &["--replace"]);
        assert_eq!(refused.status.code(), Some(1), "{name}: {}", stdout(&refused));
        assert!(stderr(&refused).contains(name), "{}", stderr(&refused));
        std::fs::remove_file(&path).unwrap();
        assert!(!site.restore(&good, &["--replace"]).status.success(), "{name} is missing");
        std::fs::write(&path, &content).unwrap();
    }
    let manifest = std::fs::read_to_string(good.join("manifest.json")).unwrap();
    let foreign = manifest.replace("server.secret", "../elsewhere");
    std::fs::write(good.join("manifest.json"), foreign).unwrap();
    assert_eq!(site.restore(&good, &["--replace"]).status.code(), Some(2));
    let other_head = manifest.replace("\"head\": \"", "\"head\": \"1");
    std::fs::write(good.join("manifest.json"), other_head).unwrap();
    assert_eq!(site.restore(&good, &["--replace"]).status.code(), Some(1), "another head");
    assert_eq!(json(&site.verify(&[])), before, "the data was touched");
    let left = std::fs::read_dir(site.data.path().join("demo")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.ends_with(".restoring")), "copies were left");
    std::fs::write(good.join("manifest.json"), manifest).unwrap();
    assert_eq!(json(&site.restore(&good, &["--replace"]))["head"], made["head"]);
}

#[test]
fn a_backup_is_its_owners_and_takes_nobodys_place() {
    let (site, backups) = (Site::new(), tempfile::tempdir().unwrap());
    assert!(!site.backup(&backups.path().join("nothing")).status.success(), "no data");
    assert!(!backups.path().join("nothing").exists());
    let demo = site.start();
    let folder = backups.path().join("deep/er/backup");
    let made = site.backup(&folder);
    assert!(made.status.success(), "{}", stderr(&made));
    #[cfg(unix)]
    for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder)), (0o600, 0o700), "{}", path.display());
    }
    let again = site.backup(&folder);
    assert_eq!(again.status.code(), Some(2), "{}", stdout(&again));
    drop(demo);
    let left = std::fs::read_dir(backups.path().join("deep/er")).unwrap().count();
    assert_eq!(left, 1, "drafts were left");
}

#[test]
fn a_restore_that_was_cut_off_keeps_the_server_from_starting_until_it_is_done_again() {
    let (site, backups) = (Site::new(), tempfile::tempdir().unwrap());
    let demo = site.start();
    let token = funded(&demo, 100);
    let folder = backups.path().join("backup");
    let made = json(&site.backup(&folder));
    assert!(demo.stop().success());
    let data = site.data.path().join("demo");
    // As after the old files were moved and before the new ones came.
    std::fs::write(data.join("restore.unfinished"), "").unwrap();
    std::fs::rename(data.join("server.secret"), data.join("elsewhere")).unwrap();
    let mut serve = farebox();
    serve.env("FAREBOX_DATA", site.data.path()).env("FAREBOX_CONFIG", &site.config);
    serve.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--play-listen", "127.0.0.1:0"]);
    let refused = output_of(&mut serve);
    assert_eq!(refused.status.code(), Some(1), "{}", stdout(&refused));
    assert!(stderr(&refused).contains("restore"), "{}", stderr(&refused));
    assert!(!data.join("server.secret").exists(), "it went on all the same");
    assert_eq!(json(&site.restore(&folder, &["--replace"]))["head"], made["head"]);
    let demo = site.start();
    assert_eq!(balance(&demo, &token), 100);
}

#[test]
fn a_row_that_names_nothing_and_a_damaged_page_are_found() {
    let (site, backups) = (Site::new(), tempfile::tempdir().unwrap());
    let demo = site.start();
    funded(&demo, 100);
    drop(demo);
    let copy = backups.path().join("copy.sqlite");
    let database = site.data.path().join("demo/farebox.sqlite");
    if !database.exists() {
        return; // A PostgreSQL sees to its pages and references itself.
    }
    farebox_store::copy_database(&database, &copy).unwrap();
    let verify = || site.admin(&["ledger", "verify", "--database", copy.to_str().unwrap()]);
    assert!(verify().status.success());
    let file = farebox_store::rusqlite::Connection::open(&copy).unwrap();
    file.execute_batch(
        "PRAGMA foreign_keys = OFF;
         INSERT INTO account_token (digest, account, created_at) VALUES (zeroblob(32), 'nobody', 0)",
    )
    .unwrap();
    let lost = verify();
    assert_eq!(lost.status.code(), Some(1));
    assert!(stdout(&lost).contains("account_token"), "{}", stdout(&lost));
    file.execute("DELETE FROM account_token WHERE account = 'nobody'", []).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'listing'";
    let page: u64 = file.query_row(sql, [], |row| row.get(0)).unwrap();
    let len: u64 = file.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    drop(file);
    assert!(verify().status.success());
    let mut bytes = std::fs::read(&copy).unwrap();
    let from = usize::try_from((page - 1) * len).unwrap();
    bytes[from..from + 16].fill(0xff);
    std::fs::write(&copy, bytes).unwrap();
    let damaged = verify();
    assert!(matches!(damaged.status.code(), Some(1 | 2)), "{}", stdout(&damaged));
}

#[test]
fn a_postgresql_without_its_programs_is_named() {
    let (site, backups) = (Site::new(), tempfile::tempdir().unwrap());
    let _demo = site.start();
    if site.data.path().join("demo/farebox.sqlite").exists() {
        return;
    }
    let mut command = farebox();
    command.env("FAREBOX_DATA", site.data.path()).env("FAREBOX_CONFIG", &site.config);
    command.env("PATH", "/nonexistent").args(["admin", "backup", "--demo"]);
    let refused = output_of(command.arg(backups.path().join("backup")));
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("pg_dump is needed"), "{}", stderr(&refused));
    assert!(!backups.path().join("backup").exists());
}
