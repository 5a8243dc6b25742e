//! The call through WASI 0.3: `wasi:http/handler.handle(request) -> response`.

use std::future::poll_fn;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use wasmtime::{Result, Store};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p3;
use wasmtime_wasi_http::p3::bindings::Service;

use super::{CallError, Head, State, state};

/// Calls the guest; ends when none of its tasks is left, which may be after its response.
pub(super) async fn call(
    store: &mut Store<State>,
    service: &Service,
    request: Request<Body>,
    head: Head,
) -> Result<()> {
    let request = request.map(|body| body.map_err(state::body_error));
    let (request, received) = p3::Request::from_http(store.data_mut().http().hooks, request);
    store
        .run_concurrent(async |accessor| {
            let response = match service.handle(accessor, request).await? {
                Ok(response) => accessor.with(|mut store| response.into_http(&mut store, received))?,
                Err(code) => {
                    // A receiver that is gone is a client that is gone.
                    _ = head.send(Err(CallError::Refused(format!("{code:?}"))));
                    return Ok(());
                }
            };
            _ = head.send(Ok(response));
            poll_fn(|context| accessor.poll_no_interesting_tasks(context)).await;
            Ok(())
        })
        .await?
}
