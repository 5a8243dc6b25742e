//! A component that shows what its host gives it.
//!
//! | path | what it does |
//! |---|---|
//! | `/print` | prints a line on stdout and one on stderr |
//! | `/forge` | prints what would pass for a line of the host's log |
//! | `/headers` | answers with the fields of the request that a host may add, one a line |
//! | `/trap` | traps |
//! | `/loop` | never ends |
//! | `/grow` | takes 64 MiB of memory |
//! | `/allocate` | takes a GiB of memory |
//! | `/trap-late` | sends the beginning of a body, then traps |
//! | any other | answers with its environment, arguments and directories, one a line |

#![cfg(target_family = "wasm")]

#[allow(unsafe_code, reason = "generated: the canonical ABI is raw pointers and foreign functions")]
#[allow(clippy::all, missing_docs, unreachable_pub, unused_qualifications, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: [
            "../../component/wit/deps/io.wit",
            "../../component/wit/deps/http.wit",
            "wit/cli.wit",
            "wit/filesystem.wit",
            "wit/world.wit",
        ],
        world: "catamaran:guests/guest",
        generate_all,
    });
    export!(Guest);

    use super::Guest;
}

use bindings::{
    exports::wasi::http::incoming_handler,
    wasi::{
        cli::{environment, stderr, stdout},
        filesystem::preopens,
        http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam},
    },
};

struct Guest;

impl incoming_handler::Guest for Guest {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let path = request.path_with_query();
        let text = match path.as_deref() {
            Some("/print") => print(),
            Some("/forge") => forge(),
            Some("/headers") => headers(&request),
            Some("/trap") => core::arch::wasm32::unreachable(),
            Some("/loop") => forever(),
            Some("/grow") => grow(),
            Some("/allocate") => allocate(),
            _ => given(),
        };
        let response = OutgoingResponse::new(Fields::from_list(&[]).expect("no field is wrong"));
        let body = response.body().expect("the body is taken once");
        ResponseOutparam::set(outparam, Ok(response));
        let stream = body.write().expect("the stream is taken once");
        stream.blocking_write_and_flush(text.as_bytes()).expect("a client that reads");
        if path.as_deref() == Some("/trap-late") {
            // More than any buffer on the way takes: the client must have read the beginning.
            for _ in 0..1024 {
                stream.blocking_write_and_flush(&[b'x'; 4096]).expect("a client that reads");
            }
            core::arch::wasm32::unreachable();
        }
        drop(stream);
        OutgoingBody::finish(body, None).expect("a whole body");
    }
}

fn print() -> String {
    stdout::get_stdout().blocking_write_and_flush(b"said on stdout\n").expect("stdout takes it");
    stderr::get_stderr().blocking_write_and_flush(b"said on stderr\n").expect("stderr takes it");
    String::new()
}

fn headers(request: &IncomingRequest) -> String {
    let fields = request.headers();
    let mut text = String::new();
    for name in ["x-request-id", "traceparent", "tracestate"] {
        for value in fields.get(name) {
            text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
        }
    }
    text
}

fn forever() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

fn grow() -> String {
    let pages = core::arch::wasm32::memory_grow::<0>(1024);
    format!("{pages}\n")
}

fn forge() -> String {
    let text =
        "a line\r2000-01-01T00:00:00Z  INFO forged \u{1b}[31m\u{0}\u{b}\u{9b}31m\n2000-01-01T00:00:00Z  INFO forged\n";
    stdout::get_stdout().blocking_write_and_flush(text.as_bytes()).expect("stdout takes it");
    String::new()
}

fn allocate() -> String {
    let taken: Vec<Vec<u8>> = (0..1024).map(|_| vec![1; 1 << 20]).collect();
    taken.len().to_string()
}

fn given() -> String {
    let variables = environment::get_environment().into_iter().map(|(name, value)| format!("{name}={value}\n"));
    let arguments = environment::get_arguments().into_iter().map(|argument| format!("argument {argument}\n"));
    let directories = preopens::get_directories().into_iter().map(|(_, path)| format!("directory {path}\n"));
    variables.chain(arguments).chain(directories).collect()
}
