//! `farebox serve`

use crate::config::{LogFormat, Overrides, Settings};
use crate::output::Failure;
use crate::server;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Run the server: directory, paid APIs, pages.
///
/// With --demo everything is there to try the whole idea with play money: sample listings,
/// sample paid APIs, and a play Lightning wallet that speaks phoenixd's HTTP API.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox serve --demo
  farebox serve --listen 0.0.0.0:4020 --data /var/lib/farebox --log-format json
  FAREBOX_SELLER__WALLET=phoenixd:http://:PASSWORD@127.0.0.1:9740 farebox serve

Exit codes: 0 stopped as asked, 1 cannot run (taken port, damaged database, …), 2 bad settings.")]
pub struct ServeArgs {
    /// Play money, sample listings and sample paid APIs; nothing to configure
    #[arg(long)]
    demo: bool,

    /// Where to listen [default: 127.0.0.1:4020]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,

    /// Folder of everything that must survive [default: the platform's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Where the demo's play wallet listens [default: 127.0.0.1:9740]
    #[arg(long, value_name = "ADDRESS:PORT")]
    play_listen: Option<SocketAddr>,

    /// Form of the log on standard error [default: text]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
}

impl ServeArgs {
    /// The flags as settings.
    pub fn overrides(&self) -> Overrides {
        let text = |value: String| toml::Value::String(value);
        let listen = self.listen.map(|at| ("serve.listen", text(at.to_string())));
        let data = self.data.as_ref().map(|path| ("data", text(path.display().to_string())));
        let play = self.play_listen.map(|at| ("demo.play_listen", text(at.to_string())));
        let format = self.log_format.map(|format| {
            let name = match format {
                LogFormat::Text => "text",
                LogFormat::Json => "json",
            };
            ("serve.log_format", text(name.to_owned()))
        });
        [listen, data, play, format].into_iter().flatten().collect()
    }
}

/// Serves until it is told to stop.
pub async fn run(args: ServeArgs, settings: Settings) -> Result<ExitCode, Failure> {
    server::run(settings, args.demo).await.map(|()| ExitCode::SUCCESS)
}
