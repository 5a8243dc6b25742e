//! One connection: HTTP/1.1 or HTTP/2 with prior knowledge, whichever the client begins with.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::FutureExt;
use http::header::CONNECTION;
use http::{HeaderValue, Version};
use http_body::{Frame, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Routes;
use super::phase::{Busy, Expired, Phase};
use super::socket::{Socket, Stream};
use crate::bounds::Bounds;
use crate::tls::Tls;

/// Streams that an HTTP/2 client may reset before we have looked at them; more is CVE-2023-44487.
const MAX_RESET_STREAMS: usize = 20;

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
) {
    // Guests write when they want their bytes sent; waiting for more of them delays events by 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("set_nodelay: {error}");
    }
    let Some(tls) = tls else { return speak(stream, routes, &bounds, closing, requests).await };
    let handshake = timeout(bounds.first_byte_timeout.duration(), tls.accept(stream));
    let lingered = async {
        closing.cancelled().await;
        sleep(LINGER).await;
    };
    tokio::select! {
        result = handshake => match result {
            Ok(Ok(stream)) => speak(stream, routes, &bounds, closing, requests).await,
            Ok(Err(error)) => tracing::debug!("connection: handshake: {error}"),
            Err(_) => tracing::debug!("connection: closed, the handshake lasted too long"),
        },
        // Without a handshake there is no request yet.
        () = lingered => {}
    }
}

/// Speaks HTTP.
async fn speak<S: Stream + Send + 'static>(
    stream: S,
    routes: Routes,
    bounds: &Bounds,
    closing: CancellationToken,
    requests: TaskTracker,
) {
    let phase = Phase::new();
    let timed_out = Arc::new(AtomicBool::new(false));
    let socket = Socket::new(stream, phase.clone(), timed_out.clone());
    let service = service_fn({
        let (phase, closing) = (phase.clone(), closing.clone());
        move |request: hyper::Request<_>| {
            let (busy, counted, closing) = (phase.begin(), requests.token(), closing.clone());
            let can_be_told = request.version() < Version::HTTP_2;
            let unframed = request.version() < Version::HTTP_11;
            let answer = routes.answer(request.map(Body::new));
            async move {
                let mut response = answer.await?;
                if can_be_told && closing.is_cancelled() {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response.map(|body| Counted { body, busy, unframed, _counted: counted }))
            }
        }
    });
    let builder = builder(bounds);
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
                return;
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
                tracing::debug!("connection: closed, {expired:?} for too long");
                if expired != Expired::Idle || told {
                    timed_out.store(expired == Expired::Headers, Ordering::Relaxed);
                    return;
                }
                told = true;
                phase.end(GOODBYE);
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A condition for [`poll_fn`]. The task must be woken by what makes it true.
fn ready_if(condition: bool) -> Poll<()> {
    if condition { Poll::Ready(()) } else { Poll::Pending }
}

fn builder(bounds: &Bounds) -> auto::Builder<TokioExecutor> {
    let number = |size: crate::bounds::Size| u32::try_from(size.0).unwrap_or(u32::MAX);
    let window = |size| number(size).min(LARGEST_WINDOW);
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
        .max_header_list_size(number(bounds.max_header_size))
        .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
        .max_local_error_reset_streams(MAX_RESET_STREAMS);
    builder
}

/// RFC 9113 section 6.9.1.
const LARGEST_WINDOW: u32 = (1 << 31) - 1;

/// hyper panics below this.
const MIN_HTTP1_BUFFER: usize = 8 << 10;

/// A response's body, for as long as it has not ended.
struct Counted {
    body: Body,
    busy: Busy,
    /// HTTP/1.0 knows no chunks: without a length, the end of the connection is the end of the body.
    unframed: bool,
    _counted: TaskTrackerToken,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.busy.taken();
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match frame {
            Poll::Ready(Some(Ok(_))) => self.busy.offer(),
            Poll::Ready(Some(Err(_))) if self.unframed => self.busy.break_off(),
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
