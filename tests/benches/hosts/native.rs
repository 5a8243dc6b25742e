//! The limit: the same handlers in plain axum, without WebAssembly.

use std::process::ExitCode;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;

/// The variable that makes this program serve instead of measure.
pub(crate) const SWITCH: &str = "CATAMARAN_BENCH_NATIVE";

/// Serves the component's handlers until the process is ended.
pub(crate) fn serve() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("Serving HTTP on http://{}/", listener.local_addr().expect("an address"));
        let service =
            Router::new().fallback(async |request: Request| catamaran_component::respond(&request).map(Body::from));
        axum::serve(listener, service).await.expect("axum serves until the end");
    });
    ExitCode::SUCCESS
}
