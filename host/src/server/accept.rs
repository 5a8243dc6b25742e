//! The accept loop: a task a connection, until it is time to stop; then the end of the connections.
//!
//! `axum::serve` has no header timeout and hyper's own is inert without a timer, so the loop is ours.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, Shared};
use super::crowd::Crowd;
use super::{CutOff, Routes};
use crate::cli::ServerOptions;
use crate::telemetry::METRICS;
use crate::tls::Tls;

/// The first and the longest wait after an error of accept. Most come from having no file descriptor left, which
/// passes when a connection ends.
const FIRST_BACKOFF: Duration = Duration::from_millis(5);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// How often it is looked at whether a client waits while there is no room.
const LOOK: Duration = Duration::from_millis(50);

/// Accepts connections until `stop` ends, then waits for the requests in progress.
pub(super) async fn run(
    listener: TcpListener,
    routes: Routes,
    tls: Option<Tls>,
    options: &ServerOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), CutOff> {
    let bounds = Arc::new(options.bounds.clone());
    let (connections, requests) = (TaskTracker::new(), TaskTracker::new());
    let closing = CancellationToken::new();
    let permits = Arc::new(Semaphore::new(bounds.max_concurrent_connections.get().min(Semaphore::MAX_PERMITS)));
    let mut stop = pin!(async {
        stop.await;
        tokio::time::sleep(options.drain_delay.0).await;
    });
    let crowd = Crowd::default();
    let shared = Shared { routes: routes.clone(), bounds, requests: requests.clone(), crowd: crowd.clone() };
    loop {
        tokio::select! {
            (stream, permit) = accept(&listener, &permits, &crowd) => {
                let (tls, shared, open) = (tls.clone(), shared.clone(), METRICS.connection());
                // Each has its own end, which comes with that of all.
                let closing = closing.child_token();
                connections.spawn(async move {
                    connection::serve(stream, tls, shared, closing).await;
                    drop((permit, open));
                });
            }
            () = &mut stop => break,
        }
    }
    for stream in backlog(listener) {
        let (tls, shared, permits, closing) = (tls.clone(), shared.clone(), permits.clone(), closing.child_token());
        connections.spawn(async move {
            // Idle ones make room at the end, and those that are busy when they are not.
            let permit = permits.acquire_owned().await;
            let open = METRICS.connection();
            connection::serve(stream, tls, shared, closing).await;
            drop((permit, open));
        });
    }
    closing.cancel();
    connections.close();
    tracing::info!(connections = connections.len(), "draining");
    let finished = async {
        connections.wait().await;
        routes.close().await;
    };
    match tokio::time::timeout(options.drain_timeout.0, finished).await {
        Ok(()) => Ok(()),
        // A guest may work on without a connection.
        Err(_) => Err(CutOff { requests: requests.len().max(routes.in_progress()), connections: connections.len() }),
    }
}

/// The next connection, when there is room for it. An error never ends the server: it waits and tries again.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    crowd: &Crowd,
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    let permit = loop {
        match tokio::time::timeout(LOOK, permits.clone().acquire_owned()).await {
            // The semaphore is never closed; without a permit there would be a connection too many, not one too few.
            Ok(permit) => break permit.ok(),
            Err(_) if somebody_waits(listener) => crowd.make_room(),
            Err(_) => {}
        }
    };
    let mut backoff = FIRST_BACKOFF;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                METRICS.accept_errors.inc();
                crowd.make_room();
                tracing::error!("accept: {error}; again in {backoff:?}");
                tokio::time::sleep(backoff).await;
                backoff = LONGEST_BACKOFF.min(backoff * 2);
            }
        }
    }
}

/// Whether a client is in the backlog.
fn somebody_waits(listener: &TcpListener) -> bool {
    let mut asked = [PollFd::new(listener, PollFlags::IN)];
    poll(&mut asked, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// The connections that nobody has accepted yet: their clients believe to be connected. Read from the system itself, as
/// the runtime learns of some only later, and the end of the listener would reset them.
fn backlog(listener: TcpListener) -> impl Iterator<Item = TcpStream> {
    let listener = listener.into_std().ok();
    std::iter::from_fn(move || {
        loop {
            match listener.as_ref()?.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true).ok()?;
                    return TcpStream::from_std(stream).ok();
                }
                Err(error) if is_of_the_client(&error) => {}
                Err(_) => return None,
            }
        }
    })
}

/// Whether only the connection that was to be accepted is lost.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
