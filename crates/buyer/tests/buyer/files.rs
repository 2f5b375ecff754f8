//! Answers that are written to files.

use crate::support::server::{Reply, Server};
use crate::support::{Desk, get_request};
use farebox_buyer::{BuyError, FileSink, Mode};
use std::path::Path;

async fn save(desk: &Desk, url: &str, path: &Path) -> Result<(), BuyError> {
    let mut sink = FileSink::new(path.to_owned());
    let request = get_request(url);
    let run = desk.buyer.get(&request, &desk.limits, Mode::Pay, &desk.recorder, &mut sink);
    run.await.map(|_| ())
}

#[tokio::test]
async fn a_file_is_a_whole_answer_or_untouched() {
    let desk = Desk::new();
    let server = Server::start(|seen| match seen.path.as_str() {
        "/cut" => Reply::ok("0123456789").cut_at(5),
        _ => Reply::ok("whole"),
    });
    let server = server.await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer");
    std::fs::write(&path, "before").unwrap();
    save(&desk, &server.url("/cut"), &path).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
    let part = "a part of an answer was left";
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{part}");
    save(&desk, &server.url("/"), &path).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{part}");
}

#[tokio::test]
async fn nothing_is_sent_when_the_answer_cannot_be_written() {
    let desk = Desk::new();
    let server = Server::start(|_| Reply::ok("whole")).await;
    let folder = tempfile::tempdir().unwrap();
    for path in ["", "new/", "no/such/folder"] {
        let path = folder.path().join(path);
        let error = save(&desk, &server.url("/"), &path).await.unwrap_err();
        assert!(matches!(error, BuyError::Output { paid: None, .. }), "{error}");
        assert_eq!(error.exit_code(), 1);
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_file_of_the_users_own_is_never_taken_for_a_temporary_one() {
    let desk = Desk::new();
    let server = Server::start(|_| Reply::ok("whole")).await;
    let folder = tempfile::tempdir().unwrap();
    let (path, own) = (folder.path().join("answer"), folder.path().join("answer.part"));
    std::fs::write(&own, "precious").unwrap();
    save(&desk, &server.url("/"), &path).await.unwrap();
    assert_eq!(std::fs::read_to_string(&own).unwrap(), "precious");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
}

#[tokio::test]
async fn a_name_may_be_as_long_as_the_system_allows() {
    let desk = Desk::new();
    let server = Server::start(|_| Reply::ok("whole")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n".repeat(255));
    save(&desk, &server.url("/"), &path).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gets_to_one_file_leave_one_whole_answer() {
    let desk = Desk::new();
    let server = Server::start(|seen| {
        let len = if seen.path == "/a" { 3_000_000 } else { 2_000_000 };
        Reply::ok(seen.path.as_bytes()[1..].repeat(len))
    });
    let server = server.await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer");
    for _ in 0..4 {
        let (a, b) = (server.url("/a"), server.url("/b"));
        let (a, b) = tokio::join!(save(&desk, &a, &path), save(&desk, &b, &path));
        a.and(b).unwrap();
        let saved = std::fs::read(&path).unwrap();
        assert!(saved == b"a".repeat(3_000_000) || saved == b"b".repeat(2_000_000));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_get_that_is_dropped_leaves_no_file() {
    let desk = Desk::new();
    let server = Server::start(|_| {
        std::thread::sleep(std::time::Duration::from_millis(500));
        Reply::ok("late")
    });
    let server = server.await;
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().join("answer"), server.url("/"));
    let get = save(&desk, &url, &path);
    let patience = std::time::Duration::from_millis(200);
    tokio::time::timeout(patience, get).await.unwrap_err();
    assert_eq!(server.seen().len(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    use std::process::Command;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pipe_is_written_through_and_stays() {
        let desk = Desk::new();
        let server = Server::start(|_| Reply::ok("whole")).await;
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink("pipe", &link).unwrap();
        for path in [&pipe, &link] {
            let read = tokio::task::spawn_blocking({
                let pipe = pipe.clone();
                move || std::fs::read_to_string(pipe).unwrap()
            });
            save(&desk, &server.url("/"), path).await.unwrap();
            assert_eq!(read.await.unwrap(), "whole");
        }
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[tokio::test]
    async fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let desk = Desk::new();
        let server = Server::start(|_| Reply::ok("whole")).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("there")).unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        symlink("second", &first).unwrap();
        symlink("there/file", &second).unwrap();
        let target = folder.path().join("there/file");
        for before in [None, Some("before")] {
            if let Some(text) = before {
                std::fs::write(&target, text).unwrap();
            }
            save(&desk, &server.url("/"), &first).await.unwrap();
            assert_eq!(std::fs::read_to_string(&target).unwrap(), "whole", "{before:?}");
            for link in [&first, &second] {
                assert!(std::fs::symlink_metadata(link).unwrap().is_symlink());
            }
        }
        assert_eq!(std::fs::read_dir(folder.path().join("there")).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_file_keeps_its_permissions_and_a_new_one_has_the_users() {
        let desk = Desk::new();
        let server = Server::start(|_| Reply::ok("whole")).await;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let path = folder.path().join("answer");
        for bits in [0o600, 0o640, 0o666, 0o755] {
            std::fs::write(&path, "before").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bits)).unwrap();
            save(&desk, &server.url("/"), &path).await.unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
            assert_eq!(mode(&path), bits);
        }
        let (usual, new) = (folder.path().join("usual"), folder.path().join("new"));
        std::fs::write(&usual, "").unwrap();
        save(&desk, &server.url("/"), &new).await.unwrap();
        assert_eq!(mode(&new), mode(&usual));
    }
}
