//! How answers of WASI 0.2 are written, well and badly.

use wasip2::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasip2::io::streams::{OutputStream, StreamError};

use crate::conduct::{self, CHUNK};

/// Sends the head of a response and a first chunk.
pub(super) fn begin(outparam: ResponseOutparam) -> (OutgoingBody, OutputStream) {
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    stream.blocking_write_and_flush(CHUNK).expect("a client that reads");
    (body, stream)
}

pub(super) fn whole(outparam: ResponseOutparam, text: &str) {
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    if !text.is_empty() {
        stream.blocking_write_and_flush(text.as_bytes()).expect("a client that reads");
    }
    drop(stream);
    OutgoingBody::finish(body, None).expect("a whole body");
}

/// A body of bytes that tell their places, as much at once as the host takes.
pub(super) fn written(outparam: ResponseOutparam) {
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    let bytes = conduct::places();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        stream.subscribe().block();
        let room = stream.check_write().expect("a client that reads") as usize;
        let (part, later) = rest.split_at(room.min(rest.len()));
        stream.write(part).expect("there was room");
        rest = later;
    }
    stream.blocking_flush().expect("a client that reads");
    drop(stream);
    OutgoingBody::finish(body, None).expect("a whole body");
}

/// `hello`, with this as its length.
pub(super) fn wrong_length(outparam: ResponseOutparam, length: &str) {
    let fields = Fields::new();
    fields.append("content-length", length.as_bytes()).expect("a length is for the guest to say");
    let response = OutgoingResponse::new(fields);
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    // The host may say what is wrong; this guest does not listen.
    _ = stream.blocking_write_and_flush(b"hello");
    drop(stream);
    _ = OutgoingBody::finish(body, None);
}

#[allow(unsafe_code, reason = "the types would not let it happen")]
pub(super) fn twice(outparam: ResponseOutparam) {
    // SAFETY: the number of a handle; what the host does with a handle that is gone is what is tested.
    let again = unsafe { ResponseOutparam::from_handle(outparam.handle()) };
    let empty = || Ok(OutgoingResponse::new(Fields::new()));
    let (first, second) = (empty(), empty());
    ResponseOutparam::set(outparam, first);
    ResponseOutparam::set(again, second);
}

pub(super) fn echo(request: &IncomingRequest, outparam: ResponseOutparam) {
    let incoming = request.consume().expect("the body is taken once");
    let input = incoming.stream().expect("the stream is taken once");
    let response = OutgoingResponse::new(Fields::new());
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(outparam, Ok(response));
    let output = body.write().expect("the stream is taken once");
    loop {
        match input.blocking_read(4096) {
            Ok(bytes) => output.blocking_write_and_flush(&bytes).expect("a client that reads"),
            Err(StreamError::Closed) => break,
            // A body that broke off gets a response that breaks off.
            Err(StreamError::LastOperationFailed(_)) => return,
        }
    }
    drop(output);
    OutgoingBody::finish(body, None).expect("a whole body");
}
