//! One connection: the handshake where there is one, a conversation, and the last word.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::conversation::{self, End};
use super::crowd::Crowd;
use super::phase::Phase;
use super::refusal::Refusal;
use super::socket::{Left, Socket, Stream, scheme};
use super::wire::Limits;
use super::{Routes, parting};
use crate::bounds::Bounds;
use crate::telemetry::{METRICS, Peer};
use crate::tls::Tls;

/// How long an idle connection stays open when the server is told to stop: a request that its client has already sent
/// is answered, with `Connection: close`. Longer than a round trip within a data centre, shorter than anyone notices.
pub(super) const LINGER: Duration = Duration::from_millis(200);

/// How much of a response the system keeps before it has sent it, bytes. It has room for more when half of that has gone,
/// which is how a client that reads slowly is told from one that reads nothing; its own default is some megabytes.
const UNSENT: u32 = 64 << 10;

/// What all connections of a server have in common. Cheap to clone.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) routes: Routes,
    pub(super) bounds: Arc<Bounds>,
    /// Requests in progress.
    pub(super) requests: TaskTracker,
    pub(super) crowd: Crowd,
}

/// Serves a connection until the client or a bound ends it, or `closing` asks for the end and its requests are answered.
pub(super) async fn serve(stream: TcpStream, tls: Option<Tls>, shared: Shared, closing: CancellationToken) {
    // Guests write when they want their bytes sent; waiting for more of them delays events by 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("set_nodelay: {error}");
    }
    parting::hold_little(&stream, UNSENT);
    // A client that is gone already has no address, and no request either.
    let Ok(client) = stream.peer_addr() else { return };
    match tls {
        None => speak(Either::Left(stream), client, shared, closing).await,
        // Apart, since a handshake takes more room than the rest, which each connection has for as long as it is idle.
        Some(tls) => Box::pin(encrypt(stream, client, tls, shared, closing)).await,
    }
}

async fn encrypt(stream: TcpStream, client: SocketAddr, tls: Tls, shared: Shared, closing: CancellationToken) {
    let handshake = timeout(shared.bounds.first_byte_timeout.duration(), tls.accept(stream));
    let lingered = async {
        closing.cancelled().await;
        sleep(LINGER).await;
    };
    let stream = tokio::select! {
        result = handshake => match result {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!("connection: handshake: {error}"),
            Err(_) => {
                METRICS.connection_timed_out("handshake");
                return tracing::debug!("connection: closed, the handshake lasted too long");
            }
        },
        // Without a handshake there is no request yet.
        () = lingered => return,
    };
    speak(Either::Right(Box::new(stream)), client, shared, closing).await;
}

/// Speaks HTTP, and has the last word.
async fn speak(stream: Stream, client: SocketAddr, shared: Shared, closing: CancellationToken) {
    let phase = Phase::new(&shared.bounds);
    let member = shared.crowd.join(phase.clone(), closing.clone());
    let limits = Limits { head: shared.bounds.max_header_size.0, fields: shared.bounds.max_header_count.get() };
    let peer = Peer::new(client, scheme(&stream));
    let (socket, mut left) = Socket::new(stream, phase.clone(), limits);
    let end = conversation::until_the_end(socket, &peer, &phase, &shared, closing).await;
    let refusal = match end {
        End::Refused(status, detail) => Some(Refusal { status, request_id: peer.tell(&detail), detail }),
        End::Served => None,
        End::Broken => return,
    };
    drop(member);
    let Ok(Left { mut stream, unread }) = left.try_recv() else { return };
    if phase.is_broken() {
        return;
    }
    // Between requests, an HTTP/2 client says what it has read.
    let mut talking = unread || phase.is_multiplexed() && !phase.was_quiet();
    if let Some(refusal) = refusal {
        if !refusal.send(&mut stream).await {
            return;
        }
        talking = true;
    }
    parting::part(stream, talking, shared.bounds.body_timeout.duration()).await;
}
