//! A component that streams bodies in both directions, for tests and benchmarks.
//!
//! | path | what it does |
//! |---|---|
//! | `/count` | reads the whole body, then answers with its size |
//! | `/echo` | answers at once, with the body as it comes |
//! | `/large` | answers with 64 MiB of zeros |
//! | `/work` | computes for some 20 ms |
//! | `/scheme` | answers with the scheme of the request's URL |

#![cfg(target_family = "wasm")]

#[allow(unsafe_code, reason = "generated: the canonical ABI is raw pointers and foreign functions")]
#[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: ["wit/io.wit", "wit/http.wit", "wit/world.wit"],
        world: "catamaran:streams/guest",
        generate_all,
    });
    export!(Guest);

    use super::Guest;
}

use std::hint::black_box;

use bindings::{
    exports::wasi::http::incoming_handler,
    wasi::{
        http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam, Scheme},
        io::streams::{OutputStream, StreamError},
    },
};

/// What one call reads or writes at most, as the SDKs do.
const PART: usize = 64 << 10;
const LARGE: usize = 64 << 20;

struct Guest;

impl incoming_handler::Guest for Guest {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        match request.path_with_query().as_deref() {
            Some("/count") => {
                let mut size = 0;
                read(&request, |part| size += part.len());
                respond(outparam, |body| write(body, size.to_string().as_bytes()));
            }
            Some("/echo") => respond(outparam, |body| read(&request, |part| write(body, part))),
            Some("/large") => respond(outparam, |body| (0..LARGE / PART).for_each(|_| write(body, &[0; PART]))),
            Some("/work") => {
                let sum = (0..20_000_000_u64).fold(0, |sum: u64, n| black_box(sum.wrapping_add(n)));
                respond(outparam, |body| write(body, sum.to_string().as_bytes()));
            }
            Some("/scheme") => respond(outparam, |body| {
                let scheme: &[u8] = match request.scheme() {
                    Some(Scheme::Http) => b"http",
                    Some(Scheme::Https) => b"https",
                    _ => b"other",
                };
                write(body, scheme);
            }),
            _ => respond(outparam, |_| ()),
        }
    }
}

fn read(request: &IncomingRequest, mut each: impl FnMut(&[u8])) {
    let body = request.consume().expect("the body is taken once");
    let stream = body.stream().expect("the stream is taken once");
    loop {
        match stream.blocking_read(PART as u64) {
            Ok(part) => each(&part),
            Err(StreamError::Closed) => return,
            Err(error) => panic!("the body breaks off: {error:?}"),
        }
    }
}

fn respond(outparam: ResponseOutparam, content: impl FnOnce(&OutputStream)) {
    let response = OutgoingResponse::new(Fields::from_list(&[]).expect("no field is wrong"));
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(outparam, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    content(&stream);
    drop(stream);
    OutgoingBody::finish(body, None).expect("a whole body");
}

fn write(stream: &OutputStream, mut part: &[u8]) {
    while !part.is_empty() {
        let room = stream.check_write().expect("a client that reads");
        if room == 0 {
            stream.subscribe().block();
            continue;
        }
        let now = part.split_off(..part.len().min(room as usize)).expect("no more than there is");
        stream.write(now).expect("a client that reads");
    }
}
