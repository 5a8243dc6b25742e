//! Which signal means what.
//!
//! | signal | sent by | meaning |
//! |---|---|---|
//! | SIGTERM | Kubernetes, Docker, systemd | stop; the second one: at once |
//! | SIGINT | Ctrl-C in a terminal | stop; the second one: at once |
//! | SIGHUP | an operator, `systemctl reload` | load the manifest and the components again |

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that come together are one: `timeout` of GNU's coreutils tells a process, and then its group.
const TOGETHER: Duration = Duration::from_millis(100);

/// The signals to stop. They are caught from the moment that this exists.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Catches SIGTERM and SIGINT.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn catch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next of them.
    pub async fn requested(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("SIGTERM"),
            _ = self.interrupt.recv() => tracing::info!("SIGINT"),
        }
    }

    /// Waits for the next of them that does not come together with the last.
    pub async fn requested_again(&mut self) {
        let together = async {
            loop {
                self.requested().await;
            }
        };
        _ = tokio::time::timeout(TOGETHER, together).await;
        tracing::info!("a further signal ends the server at once");
        self.requested().await;
    }
}

/// The signal to load again.
pub struct Reload(Signal);

impl Reload {
    /// Catches SIGHUP.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn catch() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next one.
    pub async fn requested(&mut self) {
        self.0.recv().await;
        tracing::info!("SIGHUP");
    }
}
