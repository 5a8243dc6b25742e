//! Servers of the guest that misbehaves on request, and what is to be seen of them from outside.

use std::{fs, net::SocketAddr};

use crate::{
    artifacts::{Generation, guest_for},
    http::{Answer, get},
    process::Stream,
    server::{Server, catamaran},
};

/// Serves the guest with these options.
pub fn serve(generation: Generation, options: &[&str]) -> Server {
    let file = guest_for(generation).to_str().expect("a path in UTF-8");
    let mut command = catamaran(["serve", file, "--listen", "127.0.0.1:0"]);
    Server::start(command.args(options)).expect("a server")
}

/// Waits for a log line that holds these words, and returns it.
pub fn logged(server: &Server, words: &str) -> String {
    let holds = |stream, line: &str| (stream == Stream::Stderr && line.contains(words)).then(|| line.to_owned());
    server.process.wait_for_line(holds).unwrap_or_else(|error| panic!("{words}: {error}"))
}

/// The text of an answer with the status 200.
pub fn text(address: SocketAddr, path: &str) -> String {
    let answer = get(address, path);
    assert_eq!(answer.status(), 200, "{path}: {answer:?}");
    String::from_utf8(answer.into_body().to_vec()).expect("text")
}

/// That the answer is a problem (RFC 9457) with this status, and says nothing of what is inside.
pub fn is_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status(), status, "{answer:?}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{answer:?}");
    let problem: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
    assert_eq!(problem["status"], status);
    let text = problem.to_string().to_lowercase();
    for inside in ["wasm", "trap", "guest", "unreachable", "told to", ".rs", "0x"] {
        assert!(!text.contains(inside), "{inside:?} is in {text}");
    }
}

/// The most memory that the host has had in use, in bytes.
pub fn peak_memory(server: &Server) -> usize {
    let file = format!("/proc/{}/status", server.process.group());
    let status = fs::read_to_string(&file).expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line for the peak");
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes << 10
}
