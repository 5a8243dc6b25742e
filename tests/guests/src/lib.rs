//! A component that shows what its host gives it.
//!
//! | path | what it does |
//! |---|---|
//! | `/print` | prints a line on stdout and one on stderr |
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
        let text = match request.path_with_query().as_deref() {
            Some("/print") => print(),
            _ => given(),
        };
        let response = OutgoingResponse::new(Fields::from_list(&[]).expect("no field is wrong"));
        let body = response.body().expect("the body is taken once");
        ResponseOutparam::set(outparam, Ok(response));
        let stream = body.write().expect("the stream is taken once");
        stream.blocking_write_and_flush(text.as_bytes()).expect("a client that reads");
        drop(stream);
        OutgoingBody::finish(body, None).expect("a whole body");
    }
}

fn print() -> String {
    stdout::get_stdout().blocking_write_and_flush(b"said on stdout\n").expect("stdout takes it");
    stderr::get_stderr().blocking_write_and_flush(b"said on stderr\n").expect("stderr takes it");
    String::new()
}

fn given() -> String {
    let variables = environment::get_environment().into_iter().map(|(name, value)| format!("{name}={value}\n"));
    let arguments = environment::get_arguments().into_iter().map(|argument| format!("argument {argument}\n"));
    let directories = preopens::get_directories().into_iter().map(|(_, path)| format!("directory {path}\n"));
    variables.chain(arguments).chain(directories).collect()
}
