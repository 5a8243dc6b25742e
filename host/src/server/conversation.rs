//! HTTP on a connection, until something ends it: HTTP/1.1 or HTTP/2 with prior knowledge, whichever the client begins
//! with.

use std::future::{poll_fn, ready};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use futures::FutureExt;
use futures::future::Either;
use h2::Reason;
use http::header::CONNECTION;
use http::{HeaderValue, Method, StatusCode, Version};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::connection::{LINGER, Shared};
use super::outgoing::Outgoing;
use super::phase::{Expired, Phase, Verdict};
use super::socket::Socket;
use super::{answer, protocol};
use crate::telemetry::{Exchange, METRICS, Peer};
use crate::{guest, logging};

/// How long a connection that was told of its end may still be idle. An HTTP/2 client needs a round trip to answer
/// GOAWAY; one that is gone never does.
const GOODBYE: Duration = Duration::from_secs(1);

/// How it ends.
pub(super) enum End {
    /// hyper has said all that there is to say.
    Served,
    /// The client is told why.
    Refused(StatusCode, String),
    /// Without a word.
    Broken,
}

/// Answers the requests of a connection.
pub(super) async fn until_the_end(
    socket: Socket,
    peer: &Peer,
    phase: &Phase,
    shared: &Shared,
    closing: CancellationToken,
) -> End {
    let bounds = &*shared.bounds;
    let max_fields = bounds.max_header_count.get();
    let service = service_fn({
        let (phase, closing, peer, bounds) = (phase.clone(), closing.clone(), peer.clone(), shared.bounds.clone());
        let (routes, requests) = (shared.routes.clone(), shared.requests.clone());
        move |mut request: hyper::Request<_>| {
            let Some(busy) = phase.begin() else {
                // RFC 9113 section 8.7: it was not looked at, and may be sent again.
                return Either::Left(ready(Err(h2::Error::from(Reason::REFUSED_STREAM))));
            };
            let (counted, closing, bounds) = (requests.token(), closing.clone(), bounds.clone());
            let (routes, client) = (routes.clone(), peer.address());
            let version = request.version();
            // Before the host adds its own. Of HTTP/1.1 the scanner knows sooner.
            let too_many = request.headers().len() > max_fields;
            let head_only = request.method() == Method::HEAD;
            let exchange = Exchange::begin(&mut request, &peer);
            // All else happens in here: a future that is handed in has its room twice, on each connection.
            Either::Right(async move {
                let mut response = if too_many {
                    answer::too_many_fields(head_only)
                } else {
                    logging::about(exchange.id().clone(), routes.answer(request.map(Body::new), client)).await
                };
                if version < Version::HTTP_2 && closing.is_cancelled() {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                busy.answered().await;
                Ok(exchange.respond(response).map(|body| Outgoing::new(body, version, busy, counted, &bounds)))
            })
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
            result = poll_fn(|context| guest::after(|| connection.as_mut().poll(context))) => {
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
                // One that was told to end has no more time than it takes.
                if !(expired == Expired::Idle && phase.is_ending()) {
                    METRICS.connection_timed_out(expired.label());
                }
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
                    Expired::Idle => return End::Served,
                    Expired::New | Expired::Blocked => return End::Broken,
                }
            }
        }
    }
}

/// A condition for [`poll_fn`]. The task must be woken by what makes it true.
fn ready_if(condition: bool) -> Poll<()> {
    if condition { Poll::Ready(()) } else { Poll::Pending }
}
