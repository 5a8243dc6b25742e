//! One connection: HTTP/1.1 or HTTP/2 with prior knowledge, whichever the client begins with.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use futures::FutureExt;
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode, Version};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::crowd::Crowd;
use super::outgoing::Outgoing;
use super::phase::{Expired, Phase, Verdict};
use super::socket::{Left, Socket, Stream};
use super::wire::Limits;
use super::{Routes, answer, protocol, refusal};
use crate::bounds::Bounds;
use crate::telemetry::{Exchange, METRICS, Peer};
use crate::tls::Tls;

/// How long an idle connection stays open when the server is told to stop: a request that its client has already sent
/// is answered, with `Connection: close`. Longer than a round trip within a data centre, shorter than anyone notices.
const LINGER: Duration = Duration::from_millis(200);

/// How long a connection that was told of its end may still be idle. An HTTP/2 client needs a round trip to answer
/// GOAWAY; one that is gone never does.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves a connection until the client or a bound ends it, or `closing` asks for the end and its requests are answered.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<Tls>,
    routes: Routes,
    bounds: Arc<Bounds>,
    closing: CancellationToken,
    requests: TaskTracker,
    crowd: Crowd,
) {
    // Guests write when they want their bytes sent; waiting for more of them delays events by 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("set_nodelay: {error}");
    }
    // A client that is gone already has no address, and no request either.
    let Ok(client) = stream.peer_addr() else { return };
    let Some(tls) = tls else { return speak(stream, client, routes, &bounds, closing, requests, crowd).await };
    let handshake = timeout(bounds.first_byte_timeout.duration(), tls.accept(stream));
    let lingered = async {
        closing.cancelled().await;
        sleep(LINGER).await;
    };
    tokio::select! {
        result = handshake => match result {
            Ok(Ok(stream)) => speak(stream, client, routes, &bounds, closing, requests, crowd).await,
            Ok(Err(error)) => tracing::debug!("connection: handshake: {error}"),
            Err(_) => tracing::debug!("connection: closed, the handshake lasted too long"),
        },
        // Without a handshake there is no request yet.
        () = lingered => {}
    }
}

/// How a connection ends.
enum End {
    /// hyper has said all that there is to say.
    Served,
    /// The client is told why.
    Refused(StatusCode, String),
    /// Without a word.
    Broken,
}

/// Speaks HTTP, and has the last word.
async fn speak<S: Stream>(
    stream: S,
    client: SocketAddr,
    routes: Routes,
    bounds: &Bounds,
    closing: CancellationToken,
    requests: TaskTracker,
    crowd: Crowd,
) {
    let phase = Phase::new();
    let _member = crowd.join(phase.clone(), closing.clone());
    let limits = Limits { head: bounds.max_header_size.0, fields: bounds.max_header_count.get() };
    let peer = Peer::new(client, S::SCHEME);
    let (socket, mut left) = Socket::new(stream, phase.clone(), limits);
    let end = until_the_end(socket, &peer, &phase, routes, bounds, closing, requests).await;
    if let End::Refused(_, detail) = &end {
        peer.tell(detail);
    }
    let Ok(Left { stream, unread }) = left.try_recv() else { return };
    if phase.is_broken() {
        // A reset, which no client takes for an end.
        _ = stream.tcp().set_zero_linger();
        return;
    }
    match end {
        End::Refused(status, detail) => refusal::refuse(stream, status, &detail).await,
        End::Served if unread => refusal::part(stream).await,
        End::Served | End::Broken => {}
    }
}

async fn until_the_end<S: Stream>(
    socket: Socket<S>,
    peer: &Peer,
    phase: &Phase,
    routes: Routes,
    bounds: &Bounds,
    closing: CancellationToken,
    requests: TaskTracker,
) -> End {
    let max_fields = bounds.max_header_count.get();
    let service = service_fn({
        let (phase, closing, peer) = (phase.clone(), closing.clone(), peer.clone());
        move |mut request: hyper::Request<_>| {
            let (busy, counted, closing) = (phase.begin(), requests.token(), closing.clone());
            let version = request.version();
            // Before the host adds its own. Of HTTP/1.1 the scanner knows sooner.
            let too_many = request.headers().len() > max_fields;
            let exchange = Exchange::begin(&mut request, &peer);
            let answered = routes.answer(request.map(Body::new), peer.address()).instrument(exchange.span().clone());
            async move {
                let mut response = if too_many { answer::too_many_fields() } else { answered.await };
                if version < Version::HTTP_2 && closing.is_cancelled() {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                busy.answered().await;
                Ok::<_, Infallible>(exchange.respond(response).map(|body| Outgoing::new(body, version, busy, counted)))
            }
        }
    });
    let builder = protocol::builder(bounds);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
    let mut sleep = pin!(sleep(bounds.first_byte_timeout.duration()));
    let mut closed = pin!(closing.cancelled().fuse());
    let mut told = false;
    loop {
        tokio::select! {
            // In this order: what came from the client decides on the rest.
            biased;
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!("connection: {error}");
                }
                return End::Served;
            }
            verdict = poll_fn(|_| phase.verdict().map_or(Poll::Pending, Poll::Ready)) => {
                tracing::debug!("connection: {verdict:?}");
                return match verdict {
                    Verdict::Refuse(violation) => {
                        peer.refused(violation.status());
                        End::Refused(violation.status(), violation.to_string())
                    }
                    Verdict::Abort(_) => End::Broken,
                };
            }
            // An HTTP/1.1 client learns it from its next response, or from the end of the connection once it is idle.
            () = &mut closed => phase.end(LINGER),
            // An HTTP/2 client is told, and its requests until then are answered.
            () = poll_fn(|_| ready_if(closing.is_cancelled() && phase.is_multiplexed())), if !told => {
                told = true;
                phase.end(GOODBYE);
                connection.as_mut().graceful_shutdown();
            }
            expired = poll_fn(|context| phase.poll_expired(sleep.as_mut(), bounds, context)) => {
                METRICS.connection_timed_out(expired.label());
                tracing::debug!("connection: closed, {expired:?} for too long");
                match expired {
                    // RFC 9110 section 15.5.9: the server closes a connection that it waited for too long.
                    Expired::Headers => {
                        let (status, detail) = (StatusCode::REQUEST_TIMEOUT, "the header fields did not come in time");
                        peer.refused(status);
                        return End::Refused(status, detail.to_owned());
                    }
                    Expired::Idle if !told => {
                        told = true;
                        phase.end(GOODBYE);
                        connection.as_mut().graceful_shutdown();
                    }
                    _ => return End::Broken,
                }
            }
        }
    }
}

/// A condition for [`poll_fn`]. The task must be woken by what makes it true.
fn ready_if(condition: bool) -> Poll<()> {
    if condition { Poll::Ready(()) } else { Poll::Pending }
}
