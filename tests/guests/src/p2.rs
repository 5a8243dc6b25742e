//! The guest of WASI 0.2.

mod answers;

use std::mem::forget;

use wasip2::cli::terminal_stderr::get_terminal_stderr;
use wasip2::cli::terminal_stdin::get_terminal_stdin;
use wasip2::cli::terminal_stdout::get_terminal_stdout;
use wasip2::cli::{environment, stderr, stdout};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::exports::http::incoming_handler;
use wasip2::filesystem::preopens;
use wasip2::http::types::{ErrorCode, Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasip2::io::streams::{OutputStream, StreamError};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::conduct::{self, CHUNK, MOMENT};
use answers::{begin, echo, twice, whole, written, wrong_length};

wasip2::http::proxy::export!(Guest);

struct Guest;

impl incoming_handler::Guest for Guest {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        match path.as_str() {
            "/hello" | "/unread" => whole(outparam, "hello"),
            "/empty" => ResponseOutparam::set(outparam, Ok(OutgoingResponse::new(Fields::new()))),
            "/print" => whole(outparam, &print()),
            "/print-flood" => whole(outparam, &print_flood()),
            "/print-long" => whole(outparam, &print_long()),
            "/forge" => whole(outparam, &forge()),
            "/headers" => whole(outparam, &headers(&request)),
            "/grow" => whole(outparam, &core::arch::wasm32::memory_grow::<0>(1024).to_string()),
            "/count" => whole(outparam, &conduct::count()),
            "/write-secret" => whole(outparam, &conduct::write_secret()),
            "/find-secret" => whole(outparam, &conduct::find_secret()),
            "/trap" => panic!("told to"),
            "/trap-late" => {
                let _body = begin(outparam);
                sleep(MOMENT);
                panic!("told to");
            }
            "/loop" => conduct::compute(),
            "/loop-late" => {
                let _body = begin(outparam);
                conduct::compute();
            }
            "/sleep" => sleep(u64::MAX),
            "/sleep-late" => {
                let _body = begin(outparam);
                sleep(u64::MAX);
            }
            "/allocate" => whole(outparam, &conduct::allocate()),
            "/ask" => whole(outparam, &conduct::ask()),
            "/measure" => whole(outparam, &measure(&request)),
            "/recurse" => whole(outparam, &conduct::recurse(0).to_string()),
            "/random" => whole(outparam, &wasip2::random::random::get_random_bytes(32 << 20).len().to_string()),
            "/sockets" => whole(outparam, &sockets()),
            "/terminals" => whole(outparam, &terminals()),
            "/fields" => whole(outparam, &fields()),
            "/resources" => loop {
                forget(Fields::new());
            },
            "/bodies" => bodies(),
            "/full-fields" => full_fields(),
            "/longer" => wrong_length(outparam, "2"),
            "/shorter" => wrong_length(outparam, "99"),
            "/no-content" => {
                let fields = Fields::new();
                fields.append("content-length", b"5").expect("a length is for the guest to say");
                let response = OutgoingResponse::new(fields);
                response.set_status_code(204).expect("a status");
                ResponseOutparam::set(outparam, Ok(response));
            }
            "/no-response" => {}
            "/twice" => twice(outparam),
            "/refuse" => ResponseOutparam::set(outparam, Err(ErrorCode::ConfigurationError)),
            "/interim" => {
                let response = OutgoingResponse::new(Fields::new());
                response.set_status_code(103).expect("a status");
                ResponseOutparam::set(outparam, Ok(response));
            }
            "/open" => {
                let body = begin(outparam);
                sleep(MOMENT);
                forget(body);
            }
            "/after" => {
                whole(outparam, "hello");
                sleep(2 * MOMENT);
                say(&stdout::get_stdout(), b"done\n");
            }
            "/after-forever" => {
                whole(outparam, "hello");
                conduct::compute();
            }
            "/echo" => echo(&request, outparam),
            "/written" => written(outparam),
            "/flush-too-much" => whole(outparam, &"x".repeat(4097)),
            "/endless" => {
                let (_body, stream) = begin(outparam);
                while stream.blocking_write_and_flush(CHUNK).is_ok() {}
                say(&stdout::get_stdout(), b"the client left\n");
            }
            "/slow" => {
                let (body, stream) = begin(outparam);
                for _ in 0..2 {
                    sleep(MOMENT);
                    stream.blocking_write_and_flush(CHUNK).expect("a client that reads");
                }
                drop(stream);
                OutgoingBody::finish(body, None).expect("a whole body");
            }
            _ => whole(outparam, &given()),
        }
    }
}

fn sleep(nanoseconds: u64) {
    subscribe_duration(nanoseconds).block();
}

fn say(stream: &OutputStream, text: &[u8]) {
    for part in text.chunks(4096) {
        stream.blocking_write_and_flush(part).expect("the log takes it");
    }
}

fn print() -> String {
    say(&stdout::get_stdout(), b"said on stdout\n");
    say(&stderr::get_stderr(), b"said on stderr\n");
    String::new()
}

fn print_flood() -> String {
    let stream = stdout::get_stdout();
    for line in 0..conduct::FLOOD {
        say(&stream, format!("line {line}\n").as_bytes());
    }
    "printed".to_owned()
}

fn print_long() -> String {
    say(&stdout::get_stdout(), conduct::long_line().as_bytes());
    "printed".to_owned()
}

fn given() -> String {
    let variables = environment::get_environment().into_iter().map(|(name, value)| format!("{name}={value}\n"));
    let arguments = environment::get_arguments().into_iter().map(|argument| format!("argument {argument}\n"));
    let directories = preopens::get_directories().into_iter().map(|(_, path)| format!("directory {path}\n"));
    variables.chain(arguments).chain(directories).collect()
}

/// What becomes of the ways to a socket and to an address.
fn sockets() -> String {
    let (network, family) = (instance_network(), IpAddressFamily::Ipv4);
    let errors = [
        create_tcp_socket(family).err(),
        create_udp_socket(family).err(),
        resolve_addresses(&network, "localhost").err(),
    ];
    errors.map(|error| error.map_or("granted", |error| error.name())).join(" ")
}

/// Which of the standard streams are terminals.
fn terminals() -> String {
    let found = [get_terminal_stdin().is_some(), get_terminal_stdout().is_some(), get_terminal_stderr().is_some()];
    found.map(|found| found.to_string()).join(" ")
}

/// RUSTSEC-2026-0021: the map of header fields panicked in the host at 32,769.
fn fields() -> String {
    let fields = Fields::new();
    let refused = (0..32_769).find(|&number| fields.append(&conduct::field_name(number), b"").is_err());
    refused.map_or_else(|| "none was refused".to_owned(), |number| format!("refused after {number}"))
}

/// Fills the buffers that the host keeps for bodies.
fn bodies() {
    loop {
        let response = OutgoingResponse::new(Fields::new());
        let body = response.body().expect("the body is taken once");
        let stream = body.write().expect("the stream is taken once");
        while let Ok(room @ 1..) = stream.check_write() {
            stream.write(&vec![1; room as usize]).expect("there was room");
        }
        forget((response, body, stream));
    }
}

/// Fills sets of header fields, each almost as far as the host lets it: one that goes further ends the call.
fn full_fields() {
    let value = [b'x'; 1024];
    loop {
        let fields = Fields::new();
        for _ in 0..60 {
            fields.append("x", &value).expect("less than 64 KiB");
        }
        forget(fields);
    }
}

fn measure(request: &IncomingRequest) -> String {
    let incoming = request.consume().expect("the body is taken once");
    let input = incoming.stream().expect("the stream is taken once");
    let mut length = 0;
    loop {
        match input.blocking_read(64 << 10) {
            Ok(bytes) => length += bytes.len(),
            Err(StreamError::Closed) => return length.to_string(),
            Err(StreamError::LastOperationFailed(_)) => return "broken".to_owned(),
        }
    }
}

fn forge() -> String {
    let text =
        "a line\r2000-01-01T00:00:00Z  INFO forged \u{1b}[31m\u{0}\u{b}\u{9b}31m\n2000-01-01T00:00:00Z  INFO forged\n";
    stdout::get_stdout().blocking_write_and_flush(text.as_bytes()).expect("stdout takes it");
    String::new()
}

fn headers(request: &IncomingRequest) -> String {
    let fields = request.headers();
    let values = |name: &str| {
        let lines = fields.get(name).into_iter().map(|value| format!("{name}: {}\n", String::from_utf8_lossy(&value)));
        lines.collect::<String>()
    };
    ["x-request-id", "traceparent", "tracestate", "cookie"].map(values).concat()
}
