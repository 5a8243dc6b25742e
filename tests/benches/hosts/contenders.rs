//! The hosts that are compared, each with what it serves.

use std::env;
use std::path::Path;
use std::process::Command;

use catamaran_tests::artifacts::Generation::{P2, P3};
use catamaran_tests::artifacts::{component, dist_host};
use catamaran_tests::hosts::{HOSTS, Host, Launched};
use catamaran_tests::http::Protocol;
use catamaran_tests::server::Server;
use catamaran_tests::tool::DOCKER;

use crate::load::Load;
use crate::native;

/// A host with its options.
pub(crate) struct Contender {
    /// What the report calls it.
    pub(crate) name: String,
    http2: bool,
    launch: Box<dyn Fn() -> Result<Launched, String>>,
}

impl Contender {
    fn new(name: &str, http2: bool, launch: impl Fn() -> Result<Launched, String> + 'static) -> Self {
        Self { name: name.to_owned(), http2, launch: Box::new(launch) }
    }

    /// Starts it.
    pub(crate) fn launch(&self) -> Result<Launched, String> {
        (self.launch)()
    }

    /// Whether it speaks what the load does.
    pub(crate) fn takes(&self, load: &Load) -> bool {
        self.http2 || !load.is_http2()
    }
}

/// Native axum, `catamaran` in its ways, and the other hosts that this machine has.
pub(crate) fn present() -> Result<Vec<Contender>, String> {
    let host = dist_host();
    let ours = |name: &str, file: &'static Path, options: &'static [&'static str]| {
        Contender::new(name, true, move || {
            launched(Command::new(host).arg("serve").arg(file).args(QUIET).args(options))
        })
    };
    let mut contenders = vec![
        Contender::new("native axum", true, || {
            launched(Command::new(env::current_exe().map_err(|error| error.to_string())?).env(native::SWITCH, "1"))
        }),
        ours("catamaran 0.2, a fresh instance a request", component(P2), &[]),
        ours("catamaran 0.2, reuse 1000", component(P2), &["--max-instance-reuse-count", "1000"]),
        ours("catamaran 0.3, reuse 128", component(P3), &[]),
    ];
    // What a container uses is not what its client does.
    let measurable = |other: &&Host| other.tool.is_some_and(|tool| tool != DOCKER);
    for other in HOSTS.iter().filter(measurable) {
        let name = format!("{} {}", other.name, other.generation.version());
        match other.unavailable() {
            Some(reason) => eprintln!("SKIPPED: {name}: {reason}"),
            None => contenders.push(Contender::new(&name, other.protocols.contains(&Protocol::H2c), || other.launch())),
        }
    }
    Ok(contenders)
}

const QUIET: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn launched(command: &mut Command) -> Result<Launched, String> {
    Server::start(command.env("RUST_LOG", "warn")).map(Launched::from)
}
