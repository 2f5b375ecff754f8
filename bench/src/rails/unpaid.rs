//! 402 answers: what a flood of requests without payment costs.

use crate::client::get;
use crate::http_load::{Target, alternate};
use crate::process::Program;
use crate::report::Group;
use crate::{Args, Failed, facilitators};
use std::path::Path;
use tokio::process::Command;

const UNPAID: u16 = 402;

pub async fn measure(args: &Args) -> Result<Vec<Group>, Failed> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let mut shop = start_shop(folder.path())?;
    let address = shop.address().await?;
    let get_same = |path: &str| get(&address, path, &[]);
    let same = |name, path| (Target::same(name, &address, UNPAID, get_same(path)), &shop);
    let host = address.clone();
    let each = move |number| Some(get(&host, &format!("/all?city={number}"), &[]));
    let ours = [
        same("farebox: L402, MPP (2 methods), x402 v1+v2", "/all"),
        same("farebox: L402 alone", "/l402"),
        same("farebox: MPP alone (2 methods)", "/mpp"),
        same("farebox: x402 alone (v1+v2)", "/x402"),
        (Target::numbered("farebox: all, each request another", &address, UNPAID, each), &shop),
        (Target::same("farebox: a free route", &address, 200, get_same("/free")), &shop),
    ];
    if args.without_peers {
        let rows = alternate(args, &ours).await?;
        return Ok(vec![Group { title: title(args), rows }]);
    }
    let chain = facilitators::Chain::start(folder.path()).await?;
    let mut facilitator = facilitators::reference(&chain, folder.path())?;
    let facilitator_url = format!("http://{}", facilitator.address().await?);
    let mut express = node("x402", "seller.mjs", "@x402/express", folder.path(), |command| {
        command.env("FACILITATOR", &facilitator_url);
    })?;
    let express_address = express.address().await?;
    let mut mppx = node("mpp", "seller.mjs", "mppx", folder.path(), |command| {
        command.env("EVM_RPC", &chain.rpc).env("DEMO", format!("http://{address}"));
    })?;
    let mppx_address = mppx.address().await?;
    let theirs = |name: &str, address: &str, path: &str| {
        Target::same(name, address, UNPAID, get(address, path, &[]))
    };
    let mut all: Vec<_> = ours.into_iter().collect();
    all.push((theirs("@x402/express: x402 v2", &express_address, "/weather"), &express));
    all.push((theirs("mppx: evm", &mppx_address, "/evm"), &mppx));
    let rows = alternate(args, &all).await?;
    Ok(vec![Group { title: title(args), rows }])
}

fn title(args: &Args) -> String {
    format!("402 answers over HTTP, {} connections", args.connections)
}

/// The shop as a program of its own.
pub fn start_shop(folder: &Path) -> Result<Program, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--shop").arg(folder);
    Program::start("shop", command, folder)
}

/// A program of tests/interop.
pub fn node(
    group: &str,
    script: &str,
    name: &str,
    folder: &Path,
    set: impl FnOnce(&mut Command),
) -> Result<Program, Failed> {
    let mut command = Command::new("node");
    command.arg(format!("tests/interop/{group}/{script}"));
    set(&mut command);
    Program::start(&name.replace('/', "-"), command, folder)
}
