//! The adapter to `wasi:http/handler@0.3`.

use http::Response;
use spin_sdk::http::{FullBody, IntoResponse, Request};
use spin_sdk::http_service;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use spin_sdk::wasip3::wit_future;

use crate::respond;

#[http_service]
async fn handle(request: Request) -> Result<types::Response, ErrorCode> {
    let response = respond(&request);
    if response.body().is_empty() {
        bodiless(response)
    } else {
        response.map(|text| FullBody::new(text.as_bytes())).into_response()
    }
}

/// A response without a body. The SDK would give it an empty one, which hosts hold against the `Content-Length` of an answer
/// to `HEAD`.
fn bodiless(response: Response<&str>) -> Result<types::Response, ErrorCode> {
    let (head, _) = response.into_parts();
    let headers = head.headers.try_into().map_err(|_| ErrorCode::InternalError(None))?;
    // Its writer is dropped at once, and so it says: no trailers.
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (response, _) = types::Response::new(headers, None, trailers);
    response.set_status_code(head.status.as_u16()).map_err(|()| ErrorCode::InternalError(None))?;
    Ok(response)
}
