//! The adapter to `wasi:http/handler@0.3`.
//!
//! As `p2` it makes as few host calls as it can. Spin's SDK has more comfort to offer: its `#[http_service]` hands over a request
//! of the `http` crate with all headers in it, for half as many instructions again, the host's included.

use std::cell::LazyCell;

use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Method, Request, Response};
use spin_sdk::wasip3::{http, spawn, wit_future, wit_stream};

use crate::answer::Answer;
use crate::service::{Verb, answer};

struct Component;

http::service::export!(Component);

impl Guest for Component {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let verb = match request.get_method() {
            Method::Get => Verb::Get,
            Method::Head => Verb::Head,
            _ => Verb::Other,
        };
        let target = request.get_path_with_query().unwrap_or_default();
        let headers = LazyCell::new(|| request.get_headers());
        response(answer(verb, &target, |name| headers.get(name)), verb)
    }
}

fn response(answer: &Answer, verb: Verb) -> Result<Response, ErrorCode> {
    let headers = answer.headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec()));
    let headers = Fields::from_list(&headers.collect::<Vec<_>>()).map_err(|_| ErrorCode::InternalError(None))?;
    let text = answer.body(verb);
    let (end, trailers) = wit_future::new(|| Ok(None));
    // An answer to `HEAD` has a length and no body, which is not the same as an empty one.
    let body = (!text.is_empty()).then(|| {
        let (mut writer, body) = wit_stream::new();
        spawn(async move {
            // What is left when the client has gone has nobody to go to.
            writer.write_all(text.into()).await;
            drop(writer);
            _ = end.write(Ok(None)).await;
        });
        body
    });
    let (response, _) = Response::new(headers, body, trailers);
    if answer.status != 200 {
        response.set_status_code(answer.status).map_err(|()| ErrorCode::InternalError(None))?;
    }
    Ok(response)
}
