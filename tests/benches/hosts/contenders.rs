//! The hosts that are compared, and how each is started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use catamaran_tests::artifacts::Generation::{P2, P3};
use catamaran_tests::artifacts::{component, dist_host, streams, workspace};
use catamaran_tests::hosts::{HOSTS, Host, Launched};
use catamaran_tests::http::Protocol;
use catamaran_tests::process::run;
use catamaran_tests::server::Server;
use catamaran_tests::tool::{DOCKER, GUNICORN, WASMTIME};

use crate::load::{Load, Serves};
use crate::native;

/// A host with its options.
pub(crate) struct Contender {
    /// What the report calls it.
    pub(crate) name: String,
    http2: bool,
    /// Whether it serves other components than the service.
    any: bool,
    /// Whether anything but its start is measured.
    loaded: bool,
    /// Whether it keeps a connection after an answer.
    keeps_alive: bool,
    /// Whether it is somebody else's host: what it cannot do is its figure, not a fault of the bench.
    other: bool,
    launch: Box<dyn Fn(Serves) -> Result<Launched, String>>,
}

impl Contender {
    fn new(name: &str, launch: impl Fn(Serves) -> Result<Launched, String> + 'static) -> Self {
        Self {
            name: name.to_owned(),
            http2: true,
            any: true,
            loaded: true,
            keeps_alive: true,
            other: false,
            launch: Box::new(launch),
        }
    }

    /// Starts it.
    pub(crate) fn launch(&self, what: Serves) -> Result<Launched, String> {
        (self.launch)(what)
    }

    /// Whether it speaks what the load does, and has what it asks for.
    pub(crate) fn takes(&self, load: &Load) -> bool {
        self.loaded && (self.http2 || !load.is_http2()) && (self.any || load.serves == Serves::Service)
    }

    /// Whether it may leave connections unanswered.
    pub(crate) fn may_fail(&self) -> bool {
        self.other
    }

    /// Whether it can hold idle connections as the others do.
    pub(crate) fn takes_connections(&self) -> bool {
        self.loaded && self.keeps_alive
    }
}

/// Native axum, `catamaran` in its ways, the other hosts that this machine has, and Flask if it has that.
pub(crate) fn present() -> Result<Vec<Contender>, String> {
    let mut contenders = vec![
        Contender::new("native axum", |_| {
            launched(Command::new(env::current_exe().map_err(|error| error.to_string())?).env(native::SWITCH, "1"))
        }),
        Contender::new("catamaran 0.2, a fresh instance a request", |what| ours(file(what), &[])),
        Contender::new("catamaran 0.2, reuse 1000", |what| ours(file(what), &["--max-instance-reuse-count", "1000"])),
        Contender { any: false, ..Contender::new("catamaran 0.3, reuse 128", |_| ours(component(P3), &[])) },
        Contender { loaded: false, ..Contender::new("catamaran 0.2, compiled before", |_| ours(&COMPILED, &[])) },
    ];
    for other in HOSTS.iter().filter(|other| other.tool.is_some()) {
        let name = format!("{} {}", other.name, other.generation.version());
        match other.unavailable() {
            Some(reason) => eprintln!("SKIPPED: {name}: {reason}"),
            None => contenders.push(Contender {
                http2: other.protocols.contains(&Protocol::H2c),
                any: is_wasmtime(other),
                // What a container uses is not what its client does.
                loaded: other.tool != Some(DOCKER),
                other: other.tool != Some(DOCKER),
                ..Contender::new(&name, |what| match what {
                    Serves::Streams => Server::start(
                        Command::new(WASMTIME.find()?).args(["serve", "--addr", "127.0.0.1:0"]).arg(streams()),
                    )
                    .map(Launched::from),
                    Serves::Service => other.launch(),
                })
            }),
        }
    }
    match GUNICORN.find() {
        Err(reason) => eprintln!("SKIPPED: Flask: {reason}"),
        Ok(gunicorn) => contenders.push(Contender {
            http2: false,
            any: false,
            // Its workers answer one connection after the other, and close each.
            keeps_alive: false,
            other: true,
            ..Contender::new("Flask, gunicorn with 4 workers", move |_| {
                let folder = workspace().join("tests/benches/hosts/flask");
                let mut command = Command::new(&gunicorn);
                command.args(["--bind", "127.0.0.1:0", "--workers", "4", "--chdir"]).arg(folder).arg("app:app");
                command.env("PYTHONDONTWRITEBYTECODE", "1");
                launched(&mut command)
            })
        }),
    }
    Ok(contenders)
}

fn is_wasmtime(host: &Host) -> bool {
    host.tool == Some(WASMTIME) && host.generation == P2
}

fn file(what: Serves) -> &'static Path {
    match what {
        Serves::Service => component(P2),
        Serves::Streams => streams(),
    }
}

/// Machine code of the service.
static COMPILED: LazyLock<PathBuf> = LazyLock::new(|| {
    let file = component(P2).with_extension("cwasm");
    let finished = run(Command::new(dist_host()).arg("compile").arg(component(P2)).arg("-o").arg(&file));
    assert!(finished.status.success(), "{finished}");
    file
});

/// Without access lines, and with room for as many idle connections as the others take.
fn ours(file: &Path, options: &[&str]) -> Result<Launched, String> {
    let mut command = Command::new(dist_host());
    command.arg("serve").arg(file).args(["--allow-precompiled", "--listen", "127.0.0.1:0"]);
    launched(command.args(["--max-concurrent-connections", "6000"]).args(options))
}

fn launched(command: &mut Command) -> Result<Launched, String> {
    Server::start(command.env("RUST_LOG", "warn")).map(Launched::from)
}
