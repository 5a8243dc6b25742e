//! A process that serves HTTP and has said where.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use crate::{
    artifacts,
    process::{Finished, Process, Signal},
};

/// A server that accepts connections, killed when it is dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub process: Process,
}

impl Server {
    /// Starts `command` and waits for the line that holds `http://ADDRESS` or `https://ADDRESS`. The error holds all that it printed.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let process = Process::spawn(command)?;
        let address = process
            .wait_for_line(|_, line| address_in(line))
            .map_err(|error| format!("{command:?} does not serve: {error}"))?;
        Ok(Self { address, process })
    }

    /// Ends the server with `signal` and waits for its end.
    pub fn stop(self, signal: Signal) -> Result<Finished, String> {
        self.process.signal(signal);
        self.process.wait()
    }
}

/// A server for the tests of a file: started by whichever comes first, stopped with the last that holds it. (What a
/// `static` holds is never dropped, and its process would outlive the tests.)
pub struct Shared(Mutex<Weak<Server>>, fn() -> Server);

impl Shared {
    /// One that is started so.
    pub const fn new(start: fn() -> Server) -> Self {
        Self(Mutex::new(Weak::new()), start)
    }

    /// The running server.
    pub fn get(&self) -> Arc<Server> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let server = Arc::new(self.1());
            *running = Arc::downgrade(&server);
            server
        })
    }
}

/// The address of the admin server.
pub fn admin(server: &Server) -> SocketAddr {
    let address = |_, line: &str| line.strip_prefix("Admin on ").and_then(address_in);
    server.process.wait_for_line(address).expect("the admin server's line")
}

/// `catamaran` with these arguments and no option from the environment of the tests.
pub fn catamaran<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(artifacts::host());
    command.args(arguments);
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|name| name.to_string_lossy().starts_with("CATAMARAN_")) {
        command.env_remove(name);
    }
    command
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, after) = line.split_once("http://").or_else(|| line.split_once("https://"))?;
    after.split(|c: char| c == '/' || c.is_whitespace()).next()?.parse().ok()
}
