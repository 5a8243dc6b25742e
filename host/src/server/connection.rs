//! One connection: HTTP/1.1 or HTTP/2 with prior knowledge, whichever the client begins with.

use axum::Router;
use axum::body::Body;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tower_service::Service;

/// Serves a connection in a task of its own, which `connections` waits for at the end.
pub(super) fn serve(stream: TcpStream, router: Router, connections: &GracefulShutdown) {
    // Guests write when they want their bytes sent; waiting for more of them delays events by 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("set_nodelay: {error}");
    }
    let service = service_fn(move |request: hyper::Request<_>| router.clone().call(request.map(Body::new)));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("connection: {error}");
        }
    });
}
