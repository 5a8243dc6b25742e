//! Which signal means what.
//!
//! | signal | sent by | meaning |
//! |---|---|---|
//! | SIGTERM | Kubernetes, Docker, systemd | stop |
//! | SIGINT | Ctrl-C in a terminal | stop |

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// A future that ends with the first signal to stop. The handlers are in place when this returns, so that no signal
/// is missed between start-up and serving.
///
/// # Errors
/// When the operating system refuses the handlers.
pub fn stop() -> io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
    })
}
