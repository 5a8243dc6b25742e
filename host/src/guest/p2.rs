//! The call through WASI 0.2: `wasi:http/incoming-handler.handle(request, response-out)`.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use wasmtime::{Result, Store};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::Proxy;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;

use super::{CallError, Head, State, state};

/// Calls the guest; ends when the guest does, which may be after its response.
pub(super) async fn call(store: &mut Store<State>, proxy: &Proxy, request: Request<Body>, head: Head) -> Result<()> {
    let scheme = match request.uri().scheme_str() {
        Some("https") => Scheme::Https,
        _ => Scheme::Http,
    };
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(scheme, request.map(|body| body.map_err(state::body_error)))?;
    let out = http.new_response_outparam_from_callback(|response| {
        // A receiver that is gone is a client that is gone.
        _ = head.send(response.map_err(|code| CallError::Refused(format!("{code:?}"))));
    })?;
    proxy.wasi_http_incoming_handler().call_handle(store, request, out).await
}
