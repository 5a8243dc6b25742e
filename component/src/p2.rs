//! The adapter to `wasi:http/incoming-handler@0.2`.
//!
//! It makes as few host calls as it can, since they are most of what a request costs here, and reads no request body.

#[allow(unsafe_code, reason = "generated: the canonical ABI is raw pointers and foreign functions")]
#[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        generate_all,
        ownership: Borrowing { duplicate_if_necessary: false },
    });
    export!(Component);

    use super::Component;
}

use std::cell::LazyCell;

use bindings::exports::wasi::http::incoming_handler::Guest;
use bindings::wasi::http::types::{Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam};

use crate::answer::Answer;
use crate::service::{Verb, answer};

/// The most that `blocking-write-and-flush` takes in one call.
const CHUNK_BYTES: usize = 4096;

struct Component;

impl Guest for Component {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let verb = match request.method() {
            Method::Get => Verb::Get,
            Method::Head => Verb::Head,
            _ => Verb::Other,
        };
        let target = request.path_with_query().unwrap_or_default();
        let headers = LazyCell::new(|| request.headers());
        send(answer(verb, &target, |name| headers.get(name)), verb, outparam);
    }
}

/// What fails here fails in the host or with its client, who is then told by the host: a response that is not set is its
/// error, and one whose body falls short is cut off.
fn send(answer: &Answer, verb: Verb, outparam: ResponseOutparam) {
    let Ok(headers) = Fields::from_list(answer.headers) else { return };
    let response = OutgoingResponse::new(headers);
    if answer.status != 200 {
        let _ = response.set_status_code(answer.status);
    }
    let text = answer.body(verb);
    let body = open(&response, text);
    ResponseOutparam::set(outparam, Ok(response));
    if let Some(body) = body {
        write(body, text);
    }
}

/// Opens the body, if there is anything to write. Inlined it would double the code of `set`: a kilobyte.
#[inline(never)]
fn open(response: &OutgoingResponse, text: &str) -> Option<OutgoingBody> {
    if text.is_empty() { None } else { response.body().ok() }
}

fn write(body: OutgoingBody, text: &str) {
    let Ok(stream) = body.write() else { return };
    for chunk in text.as_bytes().chunks(CHUNK_BYTES) {
        if stream.blocking_write_and_flush(chunk).is_err() {
            return;
        }
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}
