//! A Docker engine: the image, built once a process, and containers that are gone when a test is.

use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    artifacts::workspace,
    process::{Finished, Process, run},
    tool::DOCKER,
};

/// What a hardened container is run with. The host needs none of what these take away.
pub const HARDENED: [&str; 11] = [
    "--read-only",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--memory",
    "64m",
    "--cpus",
    "0.5",
    "--pids-limit",
    "64",
];

/// `docker` with these arguments.
pub fn docker<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(DOCKER.find().unwrap_or_else(|_| DOCKER.program.into()));
    command.args(arguments).current_dir(workspace());
    command
}

/// What `docker` with these arguments prints, without the last newline.
pub fn output<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    succeed(&mut docker(arguments))
}

/// What `command` prints on stdout; an error when it fails.
pub fn succeed(command: &mut Command) -> Result<String, String> {
    let finished = run(command);
    if finished.status.success() { Ok(finished.stdout.trim_end().to_owned()) } else { Err(format!("{finished}")) }
}

/// The reason why there is no engine here.
pub fn unavailable() -> Option<String> {
    static REASON: LazyLock<Option<String>> =
        LazyLock::new(|| DOCKER.find().err().or_else(|| output(["version", "--format", "{{.Server.Version}}"]).err()));
    // Nobody who has an engine waits for that unasked.
    let unasked = "it builds the image, which takes a quarter of an hour: CATAMARAN_REQUIRE=docker asks for it";
    REASON.clone().or_else(|| (!DOCKER.is_required()).then(|| unasked.to_owned()))
}

/// The name of the repository's image while it is tested.
pub const IMAGE: &str = "catamaran-test:latest";

/// The image of the repository as it is now: its id.
pub fn image() -> &'static str {
    static IMAGE: LazyLock<String> = LazyLock::new(|| build_repository().unwrap_or_else(|error| panic!("{error}")));
    &IMAGE
}

/// Builds the image of the repository as `.ci/image` does, and returns its id.
pub fn build_repository() -> Result<String, String> {
    succeed(Command::new(workspace().join(".ci/image")).arg(IMAGE))?;
    output(["inspect", "--format", "{{.Id}}", IMAGE])
}

/// Builds the image of the context `folder` and returns its id.
pub fn build(folder: &Path) -> Result<String, String> {
    succeed(docker(["build", "--quiet", "."]).current_dir(folder))
}

/// A running or ended container, removed when it is dropped.
pub struct Container {
    /// Its name.
    pub name: String,
}

impl Container {
    /// Starts `image` with `options` and the host's `arguments`, and waits until the host says that it serves.
    pub fn serve(image: &str, options: &[&str], arguments: &[&str]) -> Result<Self, String> {
        let container = Self::start(image, options, arguments)?;
        container.logs()?.wait_for_line(|_, line| line.starts_with("Serving HTTP on ").then_some(()))?;
        Ok(container)
    }

    /// Starts `image`, whatever becomes of it.
    pub fn start(image: &str, options: &[&str], arguments: &[&str]) -> Result<Self, String> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("catamaran-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let container = Self { name };
        let publish = ["run", "--detach", "--publish", "127.0.0.1::8000", "--name", container.name.as_str()];
        output(publish.iter().chain(options).chain(&[image]).chain(arguments).copied())?;
        Ok(container)
    }

    /// Where its port 8000 is reached.
    pub fn address(&self) -> Result<SocketAddr, String> {
        let address = output(["port", &self.name, "8000/tcp"])?;
        address.parse().map_err(|error| format!("{address}: {error}"))
    }

    /// Its output from the start on, as it comes.
    pub fn logs(&self) -> Result<Process, String> {
        Process::spawn(&mut docker(["logs", "--follow", &self.name]))
    }

    /// What the engine knows of it, by a Go template.
    pub fn inspect(&self, template: &str) -> Result<String, String> {
        output(["inspect", "--format", template, &self.name])
    }

    /// Waits until its health is `state`: it may have been so, and become otherwise since.
    pub fn wait_for_health(&self, state: &str) -> Result<(), String> {
        let wanted = format!("health_status: {state}");
        let filters = ["events", "--since", "0", "--format", "{{.Action}}", "--filter"];
        let own = format!("container={}", self.name);
        let events = Process::spawn(&mut docker(filters.into_iter().chain([own.as_str()])))?;
        events.wait_for_line(|_, line| (line == wanted).then_some(()))
    }

    /// Sends it a signal, waits for its end, and returns its exit code and all that it printed.
    pub fn end(&self, signal: &str) -> Result<(String, Finished), String> {
        output(["kill", "--signal", signal, &self.name])?;
        let code = output(["wait", &self.name])?;
        Ok((code, self.logs()?.wait()?))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = run(&mut docker(["rm", "--force", "--volumes", &self.name]));
    }
}
