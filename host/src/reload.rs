//! Loading the application again, beside the one that is served: on SIGHUP, and with `--watch` when a file changes.
//!
//! What fails to load changes nothing: the old application goes on.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::cli::Command;
use crate::server::Routes;
use crate::signals;
use crate::telemetry::METRICS;

/// How often `--watch` looks at its files. By looking, not by notification: those do not come through all mounts.
const LOOK: Duration = Duration::from_millis(250);

/// Exchanges the served application whenever that is asked for; never ends.
pub async fn run(command: Command, routes: Routes, mut hangup: signals::Reload) {
    let mut watched = command.watched().map(Watched::new);
    loop {
        tokio::select! {
            () = hangup.requested() => {}
            () = changed(&mut watched) => tracing::info!("a file changed"),
        }
        // Looked at before the load: what changes during it is loaded next.
        watched = command.watched().map(Watched::new).or(watched);
        let command = command.clone();
        let loaded = tokio::task::spawn_blocking(move || command.load_again()).await;
        METRICS.reloaded(matches!(loaded, Ok(Ok(_))));
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

async fn changed(watched: &mut Option<Watched>) {
    match watched {
        Some(watched) => watched.changed().await,
        None => std::future::pending().await,
    }
}

/// Files, and what they looked like.
struct Watched {
    files: Vec<PathBuf>,
    seen: Vec<Option<(SystemTime, u64)>>,
}

impl Watched {
    fn new(files: Vec<PathBuf>) -> Self {
        let seen = look(&files);
        Self { files, seen }
    }

    /// Waits until a file is another one than before, and has been the same for two looks: a linker writes for a while.
    async fn changed(&mut self) {
        let mut last = self.seen.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = look(&self.files);
            if now != self.seen && now == last && now.iter().all(Option::is_some) {
                self.seen = now;
                return;
            }
            last = now;
        }
    }
}

fn look(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let state = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.iter().map(state).collect()
}
