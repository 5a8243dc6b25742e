//! Every way to serve the component that the contract is held against.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    artifacts::{self, Generation, component},
    docker::{self, Container},
    http::Protocol,
    manifest::Manifest,
    process::run,
    server::{Server, catamaran},
    tool::{DOCKER, SPIN, Tool, WASMTIME},
};

/// One way to serve the component.
#[derive(Clone, Copy)]
pub struct Host {
    /// What a user types.
    pub name: &'static str,
    /// Which build of the component it serves.
    pub generation: Generation,
    /// The protocols that it speaks on a plain connection.
    pub protocols: &'static [Protocol],
    /// The program that the machine may lack.
    pub tool: Option<Tool>,
    launch: fn(Generation) -> Result<Launched, String>,
}

/// A host that serves, with the folder or the container that it needs.
pub struct Launched {
    /// The server.
    pub server: Server,
    _folder: Option<TempDir>,
    _container: Option<Container>,
}

const BOTH: &[Protocol] = &[Protocol::Http1, Protocol::H2c];
/// wasmtime's own server knows no HTTP/2.
const HTTP1: &[Protocol] = &[Protocol::Http1];

use Generation::{P2, P3};

/// All hosts.
pub const HOSTS: &[Host] = &[
    Host { name: "catamaran serve", generation: P2, protocols: BOTH, tool: None, launch: catamaran_serve },
    Host { name: "catamaran serve", generation: P3, protocols: BOTH, tool: None, launch: catamaran_serve },
    Host { name: "catamaran up", generation: P2, protocols: BOTH, tool: None, launch: catamaran_up },
    Host { name: "catamaran up", generation: P3, protocols: BOTH, tool: None, launch: catamaran_up },
    Host { name: "docker run", generation: P2, protocols: BOTH, tool: Some(DOCKER), launch: docker_run },
    Host { name: "wasmtime serve", generation: P2, protocols: HTTP1, tool: Some(WASMTIME), launch: wasmtime_serve },
    Host { name: "wasmtime serve", generation: P3, protocols: HTTP1, tool: Some(WASMTIME), launch: wasmtime_serve },
    Host { name: "spin up", generation: P2, protocols: BOTH, tool: Some(SPIN), launch: spin_up },
    Host { name: "spin up", generation: P3, protocols: BOTH, tool: Some(SPIN), launch: spin_up },
];

impl From<Server> for Launched {
    fn from(server: Server) -> Self {
        Self { server, _folder: None, _container: None }
    }
}

impl Host {
    /// The reason why this host cannot be tried here.
    pub fn unavailable(&self) -> Option<String> {
        let program = match self.tool?.find() {
            Ok(program) => program,
            Err(reason) => return Some(reason),
        };
        if self.tool == Some(DOCKER) {
            return docker::unavailable();
        }
        let too_old = self.tool == Some(SPIN) && self.generation == P3;
        too_old.then(|| spin_without_p3(&program)).flatten()
    }

    /// Starts the host with the component.
    pub fn launch(&self) -> Result<Launched, String> {
        (self.launch)(self.generation)
    }
}

fn catamaran_serve(generation: Generation) -> Result<Launched, String> {
    let file = component(generation).to_str().ok_or("a path that is not UTF-8")?;
    Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"])).map(Launched::from)
}

fn catamaran_up(generation: Generation) -> Result<Launched, String> {
    let (manifest, folder) = manifest_for(generation)?;
    let manifest = manifest.to_str().ok_or("a path that is not UTF-8")?;
    let server = Server::start(&mut catamaran(["up", "--from", manifest, "--listen", "127.0.0.1:0"]))?;
    Ok(Launched { server, _folder: Some(folder), _container: None })
}

/// The image as it is: its own component, its own command. What is read as the server's output is that of the container.
fn docker_run(_: Generation) -> Result<Launched, String> {
    let container = Container::serve(docker::image(), &docker::HARDENED, &[])?;
    let server = Server { address: container.address()?, process: container.logs()? };
    Ok(Launched { server, _folder: None, _container: Some(container) })
}

fn wasmtime_serve(generation: Generation) -> Result<Launched, String> {
    let mut command = Command::new(WASMTIME.find()?);
    command.args(["serve", "--addr", "127.0.0.1:0"]).arg(component(generation));
    Server::start(&mut command).map(Launched::from)
}

fn spin_up(generation: Generation) -> Result<Launched, String> {
    let (manifest, folder) = manifest_for(generation)?;
    let mut command = Command::new(SPIN.find()?);
    command.args(["up", "--listen", &free_address()?, "--from"]).arg(manifest);
    // Otherwise Spin makes a folder beside the manifest.
    command.arg("--state-dir").arg(folder.path().join("state"));
    Ok(Launched { server: Server::start(&mut command)?, _folder: Some(folder), _container: None })
}

/// The repository's manifest as it is; for 0.3, a copy of it in the folder that names the other build.
fn manifest_for(generation: Generation) -> Result<(PathBuf, TempDir), String> {
    let file = component(generation);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    if generation == P2 {
        return Ok((artifacts::manifest(), folder));
    }
    let path = folder.path().join("spin.toml");
    let text = Manifest::read(&artifacts::manifest()).with_source(file);
    fs::write(&path, text).map_err(|error| error.to_string())?;
    Ok((path, folder))
}

/// Spin does not say which port it took for port 0.
pub fn free_address() -> Result<String, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.to_string()).map_err(|error| error.to_string())
}

/// The final 0.3.0 is known to Spin since 4.1.
fn spin_without_p3(spin: &Path) -> Option<String> {
    let version = run(Command::new(spin).arg("--version")).stdout;
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let mut parts = number.unwrap_or_default().split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    let release = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (release < (4, 1)).then(|| format!("{} knows no WASI 0.3.0 (4.1 does)", version.trim()))
}
