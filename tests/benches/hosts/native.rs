//! The limit: the same handlers in plain axum, without WebAssembly.

use std::convert::Infallible;
use std::hint::black_box;
use std::process::ExitCode;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt, stream};

/// The variable that makes this program serve instead of measure.
pub(crate) const SWITCH: &str = "CATAMARAN_BENCH_NATIVE";

/// Serves the component's handlers until the process is ended.
pub(crate) fn serve() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("Serving HTTP on http://{}/", listener.local_addr().expect("an address"));
        axum::serve(listener, Router::new().fallback(answer)).await.expect("axum serves until the end");
    });
    ExitCode::SUCCESS
}

/// What the components do, without one. A path belongs to one of them only.
async fn answer(request: Request) -> Response {
    match request.uri().path() {
        "/empty" => Response::default(),
        "/echo" => Response::new(request.into_body()),
        "/count" => {
            let mut body = request.into_body().into_data_stream();
            let mut size = 0;
            while let Some(Ok(part)) = body.next().await {
                size += part.len();
            }
            Response::new(Body::from(size.to_string()))
        }
        "/large" => {
            let part = || Ok::<_, Infallible>(Bytes::from_static(&[0; 64 << 10]));
            Response::new(Body::from_stream(stream::repeat_with(part).take(1024)))
        }
        "/work" => {
            let sum = (0..20_000_000_u64).fold(0, |sum: u64, n| black_box(sum.wrapping_add(n)));
            Response::new(Body::from(sum.to_string()))
        }
        _ => catamaran_component::respond(&request).map(Body::from),
    }
}
