//! Loading the application again, beside the one that is served: on SIGHUP, and with `--watch` when a file changes.
//! With `--build` too, a source that changes has the component built again; what fails to build is not loaded.
//!
//! What fails to load changes nothing: the old application goes on.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::cli::{Command, Error};
use crate::outbound::Outbound;
use crate::server::Routes;
use crate::signals;
use crate::telemetry::METRICS;
use crate::tls::Tls;

/// How often `--watch` looks at its files. By looking, not by notification: those do not come through all mounts.
const LOOK: Duration = Duration::from_millis(250);

/// Exchanges the served application whenever that is asked for; never ends.
pub async fn run(
    command: Command,
    Changes { mut sources, mut watched }: Changes,
    outbound: Outbound,
    routes: Routes,
    tls: Option<Tls>,
    mut hangup: signals::Reload,
) {
    loop {
        let renewed = tokio::select! {
            () = hangup.requested() => certificate(tls.as_ref()),
            () = changed(&mut watched) => {
                tracing::info!("a file changed");
                true
            }
            () = changed(&mut sources) => {
                tracing::info!("a source changed");
                // What it makes is watched too.
                build(command.clone()).await;
                continue;
            }
        };
        // Looked at before the load: what changes during it is loaded next.
        watched = Watched::new(&command, Command::watched).or(watched);
        let (command, outbound) = (command.clone(), outbound.clone());
        let loaded = tokio::task::spawn_blocking(move || command.load(&outbound)).await;
        METRICS.reloaded(renewed && matches!(loaded, Ok(Ok(_))));
        match loaded {
            Ok(Ok(application)) => {
                routes.exchange(application);
                tracing::info!("reloaded");
            }
            Ok(Err(error)) => tracing::error!("not reloaded, what was loaded before is still served: {error}"),
            Err(panic) => tracing::error!("not reloaded, what was loaded before is still served: {panic}"),
        }
    }
}

/// What the files looked like before they were read: a change since then is seen, however long the first load took.
pub struct Changes {
    sources: Option<Watched>,
    watched: Option<Watched>,
}

impl Changes {
    /// Builds what is to be built first. What that makes is no change, a source that changes meanwhile is one.
    ///
    /// # Errors
    /// As [`Command::build`].
    pub fn build(command: &Command) -> Result<Self, Error> {
        let sources = Watched::new(command, Command::sources);
        command.build()?;
        Ok(Self { sources, watched: Watched::new(command, Command::watched) })
    }
}

async fn build(command: Command) {
    match tokio::task::spawn_blocking(move || command.build()).await {
        Ok(Ok(())) => tracing::info!("built"),
        Ok(Err(error)) => tracing::error!("not built, what was loaded before is still served: {error}"),
        Err(panic) => tracing::error!("not built, what was loaded before is still served: {panic}"),
    }
}

/// Reads the certificate again, for the connections to come; whether that went well.
fn certificate(tls: Option<&Tls>) -> bool {
    match tls.map(Tls::load_again) {
        Some(Ok(())) => tracing::info!("certificate: reloaded"),
        Some(Err(error)) => {
            tracing::error!("certificate: not reloaded, what was loaded before is still served: {error}");
            return false;
        }
        None => {}
    }
    true
}

async fn changed(watched: &mut Option<Watched>) {
    match watched {
        Some(watched) => watched.changed().await,
        None => std::future::pending().await,
    }
}

/// Files, and what they looked like.
struct Watched {
    command: Command,
    find: Find,
    seen: Look,
}

/// Which files those are: patterns match other ones in time. None while they cannot be told.
type Find = fn(&Command) -> Option<Vec<PathBuf>>;
type Look = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

impl Watched {
    fn new(command: &Command, find: Find) -> Option<Self> {
        Some(Self { command: command.clone(), find, seen: look(find(command)?) })
    }

    /// Waits until a file is another one than before, and has been the same for two looks: a linker writes for a while.
    async fn changed(&mut self) {
        let mut last = self.seen.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(files) = (self.find)(&self.command) else { continue };
            let now = look(files);
            if now != self.seen && now == last && now.iter().all(|(_, state)| state.is_some()) {
                self.seen = now;
                return;
            }
            last = now;
        }
    }
}

fn look(files: Vec<PathBuf>) -> Look {
    let state = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.into_iter().map(|file| (file.clone(), state(&file))).collect()
}
