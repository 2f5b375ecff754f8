//! The libraries by which receivers check signatures, from PyPI and npm. What `tests/interop`
//! installs is named by environment variables; without them these tests do nothing.

use crate::world::{Receiver, SECRET, World};
use farebox_directory::Protocol;
use std::process::{Command, Stdio};

const PYTHON: &str = "
import json, sys
from standardwebhooks.webhooks import Webhook
import base64
given = json.load(sys.stdin)
key = 'whsec_' + base64.b64encode(given['secret'].encode()).decode()
Webhook(key).verify(given['body'], given['headers'])
try:
    Webhook(key).verify(given['body'] + ' ', given['headers'])
except Exception:
    print('verified')
";

const NODE: &str = "
import { Webhook } from 'standardwebhooks';
const given = JSON.parse(await new Response(process.stdin).text());
const key = 'whsec_' + Buffer.from(given.secret).toString('base64');
new Webhook(key).verify(given.body, given.headers);
try { new Webhook(key).verify(given.body + ' ', given.headers); }
catch { console.log('verified'); }
";

/// A message as a library is given it. Its time is the real one: libraries refuse old ones.
async fn message() -> String {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let real = jiff::Timestamp::now().as_second();
    world.wait(real - crate::world::NOW_S);
    world.hook(&receiver).await;
    world.list("a", Protocol::L402).await;
    world.deliver().await;
    let message = receiver.told().remove(0);
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: std::collections::HashMap<_, _> =
        names.into_iter().map(|name| (name, message.header(name).to_owned())).collect();
    let body = String::from_utf8(message.body.to_vec()).unwrap();
    serde_json::json!({ "secret": SECRET, "headers": headers, "body": body }).to_string()
}

fn verify(mut command: Command, message: &str) {
    use std::io::Write;
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "verified");
}

#[tokio::test]
async fn the_library_from_pypi_verifies() {
    let Ok(python) = std::env::var("TEST_STANDARDWEBHOOKS_PYTHON") else {
        eprintln!("TEST_STANDARDWEBHOOKS_PYTHON is not set");
        return;
    };
    let mut command = Command::new(python);
    command.args(["-c", PYTHON]);
    verify(command, &message().await);
}

#[tokio::test]
async fn the_library_from_npm_verifies() {
    let Ok(folder) = std::env::var("TEST_STANDARDWEBHOOKS_NODE") else {
        eprintln!("TEST_STANDARDWEBHOOKS_NODE is not set");
        return;
    };
    let mut command = Command::new("node");
    command.args(["--input-type=module", "-e", NODE]).current_dir(folder);
    verify(command, &message().await);
}
