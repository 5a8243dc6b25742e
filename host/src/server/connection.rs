//! One connection: HTTP/1.1 or HTTP/2 with prior knowledge, whichever the client begins with.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Version};
use http_body::{Frame, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::Routes;
use super::phase::{Busy, Expired, Phase};
use super::socket::Socket;
use crate::bounds::Bounds;
use crate::telemetry::{Exchange, METRICS, Observed};

/// Streams that an HTTP/2 client may reset before we have looked at them; more is CVE-2023-44487.
const MAX_RESET_STREAMS: usize = 20;

/// How long an idle connection stays open when the server is told to stop: a request that its client has already sent
/// is answered, with `Connection: close`. Longer than a round trip within a data centre, shorter than anyone notices.
const LINGER: Duration = Duration::from_millis(200);

/// Serves a connection until the client or a bound ends it, or `closing` asks for the end and its requests are answered.
pub(super) async fn serve(stream: TcpStream, routes: Routes, bounds: Arc<Bounds>, closing: CancellationToken) {
    // Guests write when they want their bytes sent; waiting for more of them delays events by 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("set_nodelay: {error}");
    }
    let peer = stream.peer_addr().ok();
    let phase = Phase::new();
    let timed_out = Arc::new(AtomicBool::new(false));
    let socket = Socket::new(stream, phase.clone(), timed_out.clone());
    let service = service_fn({
        let (phase, closing) = (phase.clone(), closing.clone());
        move |mut request: hyper::Request<_>| {
            let busy = phase.begin();
            let last = closing.is_cancelled() && request.version() < Version::HTTP_2;
            let exchange = Exchange::begin(&mut request, peer);
            let answer = routes.answer(request.map(Body::new)).instrument(exchange.span().clone());
            async move {
                let mut response = answer.await?;
                if last {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(exchange.respond(response).map(|body| Counted { body, _busy: busy }))
            }
        }
    });
    let builder = builder(&bounds);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
    let mut lingered = pin!(async {
        closing.cancelled().await;
        sleep(LINGER).await;
    });
    let mut asked = false;
    loop {
        tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!("connection: {error}");
                }
                return;
            }
            expired = phase.expired(&bounds) => {
                METRICS.connection_timed_out(expired.label());
                tracing::debug!("connection: closed, {expired:?} for too long");
                timed_out.store(expired == Expired::Headers, Ordering::Relaxed);
                return;
            }
            () = &mut lingered, if !asked => {
                asked = true;
                // Before its first request a connection has nothing to finish, and hyper would wait for that request.
                if phase.is_idle() && phase.is_new() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn builder(bounds: &Bounds) -> auto::Builder<TokioExecutor> {
    let window = |size: crate::bounds::Size| u32::try_from(size.0).unwrap_or(u32::MAX);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The phase of the connection knows more than this timer, which counts idle time too.
        .header_read_timeout(None)
        .max_headers(bounds.max_header_count.get())
        .max_buf_size(bounds.max_header_size.0.max(MIN_HTTP1_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(u32::try_from(bounds.http2_max_streams.get()).unwrap_or(u32::MAX))
        .initial_stream_window_size(window(bounds.http2_stream_window))
        .initial_connection_window_size(window(bounds.http2_connection_window))
        .max_header_list_size(window(bounds.max_header_size))
        .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
        .max_local_error_reset_streams(MAX_RESET_STREAMS);
    builder
}

/// hyper panics below this.
const MIN_HTTP1_BUFFER: usize = 8 << 10;

/// A response's body, for as long as it has not ended.
struct Counted {
    body: Observed,
    _busy: Busy,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
