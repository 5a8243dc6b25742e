//! The accept loop: a task a connection, until it is time to stop.
//!
//! `axum::serve` has no header timeout and hyper's own is inert without a timer, so the loop is ours.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

use super::connection;

/// How long requests in flight may take once the server was told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// The first and the longest wait after an error of accept. Most come from having no file descriptor left, which
/// passes when a connection ends.
const FIRST_BACKOFF: Duration = Duration::from_millis(5);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// Accepts connections until `stop` ends, then waits for those in flight.
pub(super) async fn run(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            stream = accept(&listener) => connection::serve(stream, router.clone(), &connections),
            () = &mut stop => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were cut off: they did not finish within {DRAIN_TIMEOUT:?}");
    }
}

/// The next connection. An error never ends the server: it waits and tries again.
async fn accept(listener: &TcpListener) -> TcpStream {
    let mut backoff = FIRST_BACKOFF;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!("accept: {error}; again in {backoff:?}");
                tokio::time::sleep(backoff).await;
                backoff = LONGEST_BACKOFF.min(backoff * 2);
            }
        }
    }
}

/// Whether only the connection that was to be accepted is lost.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
