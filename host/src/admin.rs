//! The admin server, on an address of its own (`--admin-listen`). It serves nothing of the application, and none of
//! the application's bounds can starve it: it has its own few connections, each closed after one answer.
//!
//! | path | answer |
//! |---|---|
//! | `/livez` | 200 while the process runs |
//! | `/readyz` | 200 while new requests are welcome; 503 from the order to stop on, also during `--drain-delay` |
//! | `/metrics` | the metrics in Prometheus' text format: `docs/observability.md` has their table |
//!
//! It runs on the same threads as the requests: a process whose threads are all stuck does not call itself alive.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::telemetry::METRICS;

/// A kubelet, a Prometheus and a person with curl, each with some to spare.
const MAX_CONNECTIONS: usize = 16;

/// The life of a connection: as long as Prometheus waits by default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Time for the head of a request: whoever holds all connections and says nothing holds them no longer than this.
const HEAD_TIMEOUT: Duration = Duration::from_secs(1);

/// Wait after an error of accept, which most often has to do with file descriptors.
const BACKOFF: Duration = Duration::from_millis(100);

const TEXT: &str = "text/plain; charset=utf-8";

/// Serves until it is dropped; `stopping` ends the readiness.
pub async fn run(listener: TcpListener, stopping: CancellationToken) {
    let mut connections = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (stopping, ended) = (stopping.clone(), CancellationToken::new());
                let end = ended.clone().drop_guard();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = timeout(TIMEOUT, serve(stream, stopping)) => {}
                        () = ended.cancelled() => {}
                    }
                });
                // The oldest makes room: who asks is answered within a moment, and who says nothing holds up nobody.
                connections.push_back(end);
                if connections.len() > MAX_CONNECTIONS {
                    connections.pop_front();
                }
            }
            Err(error) => {
                tracing::warn!("admin: accept: {error}");
                sleep(BACKOFF).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, stopping: CancellationToken) {
    let service = service_fn(|request: Request<_>| {
        let response = answer(request.method(), request.uri().path(), stopping.is_cancelled());
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!("admin: {error}");
    }
}

fn answer(method: &Method, path: &str, stopping: bool) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match path {
        "/livez" | "/readyz" | "/metrics" if method != Method::GET && method != Method::HEAD => {
            (StatusCode::METHOD_NOT_ALLOWED, TEXT, Bytes::from_static(b"use GET\n"))
        }
        "/livez" => (StatusCode::OK, TEXT, Bytes::from_static(b"ok\n")),
        "/readyz" if stopping => (StatusCode::SERVICE_UNAVAILABLE, TEXT, Bytes::from_static(b"stopping\n")),
        "/readyz" => (StatusCode::OK, TEXT, Bytes::from_static(b"ok\n")),
        "/metrics" => {
            let (text, content_type) = METRICS.render();
            (StatusCode::OK, content_type, Bytes::from(text))
        }
        _ => (StatusCode::NOT_FOUND, TEXT, Bytes::from_static(b"see /livez, /readyz and /metrics\n")),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
