//! The hosts that are compared, and how each is started.

use std::env;
use std::path::Path;
use std::process::Command;

use catamaran_tests::artifacts::Generation::P2;
use catamaran_tests::artifacts::{component, dist_host, image_host, streams, workspace};
use catamaran_tests::hosts::{HOSTS, Host, Launched};
use catamaran_tests::http::Protocol;
use catamaran_tests::server::Server;
use catamaran_tests::tool::{DOCKER, GUNICORN, WASMTIME};

use crate::compiled;
use crate::load::{LONG, Load, PLAIN, Serves};
use crate::native;

/// What is measured of a host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All of it.
    Everything,
    /// Loads of the service: it serves no other component.
    Service,
    /// `GET` with 64 connections, to compare one of its settings.
    Setting,
    /// Its start.
    Start,
}

/// A host with its options.
pub(crate) struct Contender {
    /// What the report calls it.
    pub(crate) name: String,
    http2: bool,
    scope: Scope,
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
            scope: Scope::Everything,
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
        let in_scope = match self.scope {
            Scope::Everything => true,
            Scope::Service => load.serves == Serves::Service,
            Scope::Setting => [PLAIN.name, LONG.name].contains(&load.name),
            Scope::Start => false,
        };
        in_scope && (self.http2 || !load.is_http2())
    }

    /// Whether it may leave connections unanswered.
    pub(crate) fn may_fail(&self) -> bool {
        self.other
    }

    /// Whether it can hold idle connections as the others do.
    pub(crate) fn takes_connections(&self) -> bool {
        matches!(self.scope, Scope::Everything | Scope::Service) && self.keeps_alive
    }
}

fn setting(name: &str, launch: impl Fn(Serves) -> Result<Launched, String> + 'static) -> Contender {
    Contender { scope: Scope::Setting, ..Contender::new(name, launch) }
}

/// Native axum, `catamaran` in its ways, the other hosts that this machine has, and Flask if it has that.
pub(crate) fn present() -> Result<Vec<Contender>, String> {
    compiled::make();
    let mut contenders = vec![
        Contender::new("native axum", |_| {
            launched(Command::new(env::current_exe().map_err(|error| error.to_string())?).env(native::SWITCH, "1"))
        }),
        Contender::new("catamaran 0.2, a fresh instance a request", |what| ours(file(what), &[])),
        Contender::new("catamaran 0.2, reuse 1000", |what| ours(file(what), &["--max-instance-reuse-count", "1000"])),
        setting("catamaran 0.2, with access lines", |what| with_access_lines(file(what))),
        setting("catamaran 0.2, on one core", |what| launched(&mut on_one_core(file(what)))),
        Contender {
            scope: Scope::Service,
            ..Contender::new("catamaran 0.3, reuse 128", |_| ours(&compiled::SERVICE_0_3, &[]))
        },
        Contender {
            scope: Scope::Start,
            ..Contender::new("catamaran 0.2, compiled at its start", |_| ours(component(P2), &[]))
        },
    ];
    match image_host() {
        Err(reason) => eprintln!("SKIPPED: the host of the image: {reason}"),
        Ok(host) => contenders.push(setting("catamaran 0.2, the host of the image", move |what| {
            launched(serve(&mut Command::new(host), file(what)))
        })),
    }
    for other in HOSTS.iter().filter(|other| other.tool.is_some()) {
        let name = format!("{} {}", other.name, other.generation.version());
        match other.unavailable() {
            Some(reason) => eprintln!("SKIPPED: {name}: {reason}"),
            None => contenders.push(Contender {
                http2: other.protocols.contains(&Protocol::H2c),
                scope: match other.tool {
                    // What a container uses is not what its client does.
                    Some(DOCKER) => Scope::Start,
                    _ if is_wasmtime(other) => Scope::Everything,
                    _ => Scope::Service,
                },
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
            scope: Scope::Service,
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
        Serves::Service => &compiled::SERVICE,
        Serves::Streams => &compiled::STREAMS,
    }
}

/// Without access lines, and with room for as many idle connections as the others take.
fn ours(file: &Path, options: &[&str]) -> Result<Launched, String> {
    launched(serve(&mut Command::new(dist_host()), file).args(options))
}

fn serve<'a>(command: &'a mut Command, file: &Path) -> &'a mut Command {
    command.arg("serve").arg(file).args(["--allow-precompiled", "--listen", "127.0.0.1:0"]);
    command.args(["--max-concurrent-connections", "6000"])
}

/// With its lines in a file that has no name: who reads a pipe here would take from the load's processor.
fn with_access_lines(file: &Path) -> Result<Launched, String> {
    let mut command = Command::new("sh");
    command.args(["-c", r#"lines=$(mktemp) && exec 2>"$lines" && rm "$lines" && exec "$0" "$@""#]).arg(dist_host());
    Server::start(serve(&mut command, file).env("RUST_LOG", "info")).map(Launched::from)
}

fn on_one_core(file: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(dist_host());
    serve(&mut command, file);
    command
}

fn launched(command: &mut Command) -> Result<Launched, String> {
    Server::start(command.env("RUST_LOG", "warn")).map(Launched::from)
}
