//! The log: one access line a request, in text or JSON, that nobody can forge and that never holds up a request.

use std::{fs::OpenOptions, process::Command};

use bytes::Bytes;
use catamaran_tests::{
    artifacts::{Generation::P2, component, guest, host},
    connection::Connection,
    guests::component_that_fails_in,
    http::{Protocol, get, raw, send_and_wait},
    metrics::value,
    process::{Signal, run},
    server::{Server, admin, catamaran},
};
use http::Request;
use serde_json::Value;

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn serve(file: &std::path::Path) -> Command {
    let mut command = catamaran(["serve", file.to_str().expect("a path in UTF-8")]);
    command.args(LISTEN);
    command
}

fn json() -> Server {
    Server::start(serve(guest()).args(["--log-format", "json"])).expect("a server")
}

/// The access lines of a server that has ended.
fn access(stderr: &str) -> Vec<Value> {
    let lines = stderr.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.filter(|line| line["target"] == "access").collect()
}

#[test]
fn each_request_has_one_access_line_with_what_one_asks_for() {
    let server = json();
    let request = Request::get("/print?secret=1")
        .header("x-request-id", "mine")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
        .body(Bytes::new())
        .expect("a request");
    assert_eq!(send_and_wait(server.address, Protocol::Http1, request).expect("an answer").status(), 200);
    assert_eq!(get(server.address, "/trap").status(), 500);
    let finished = server.stop(Signal::TERM).expect("an end");
    let lines = access(&finished.stderr);
    let [first, second] = lines.as_slice() else { panic!("{finished}") };
    for (key, wanted) in [
        ("level", Value::from("INFO")),
        ("method", "GET".into()),
        ("path", "/print".into()),
        ("status", 200.into()),
        ("request_id", "mine".into()),
        ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736".into()),
    ] {
        assert_eq!(first[key], wanted, "{first}");
    }
    assert!(first["duration_us"].as_u64().is_some_and(|duration| duration > 0), "{first}");
    assert!(first["peer"].as_str().is_some_and(|peer| peer.starts_with("127.0.0.1:")), "{first}");
    assert!(first.get("cut_off").is_none(), "{first}");
    assert_eq!((&second["path"], &second["status"]), (&"/trap".into(), &500.into()), "{second}");
    assert!(second["bytes"].as_u64().is_some_and(|bytes| bytes > 50), "{second}");
    assert!(!finished.stderr.contains("secret"), "the query may hold secrets: {finished}");
}

#[test]
fn an_access_line_says_when_the_response_was_cut_off() {
    let server = json();
    let answer =
        raw(server.address, b"GET /trap-late HTTP/1.1\r\nhost: test\r\n\r\n").expect("an answer that breaks off");
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 200"), "{answer:?}");
    let mut gone = Connection::open(server.address).expect("a connection");
    gone.send("GET /loop HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    drop(gone);
    let mut cut = 0;
    let both = |_, line: &str| {
        cut += usize::from(line.contains("\"cut_off\":true"));
        (cut == 2).then_some(())
    };
    server.process.wait_for_line(both).expect("two lines");
    let lines = access(&server.stop(Signal::TERM).expect("an end").stderr);
    let of = |path: &str| lines.iter().find(|line| line["path"] == path).expect(path);
    assert_eq!(of("/trap-late")["status"], 200);
    assert_eq!(of("/loop").get("status"), None, "there was no response");
}

#[test]
fn a_refused_request_has_an_access_line_and_a_count() {
    let mut command = serve(guest());
    let server =
        Server::start(command.args(["--log-format", "json", "--admin-listen", "127.0.0.1:0"])).expect("a server");
    let admin = admin(&server);
    let counted = |status: &str| value(admin, "catamaran_requests_refused_total", &[status]);
    assert_eq!(counted("status=\"400\""), Some(0.0));
    let refusal = raw(server.address, b"GET / HTTP/1.1\r\nhost: a b\r\n\r\n").expect("an answer");
    assert_eq!(counted("status=\"400\""), Some(1.0));
    // The guest waits for this body, whose second chunk is none: it is the request that is answered with 400.
    let body = "POST /measure HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\nx\r\n";
    let answer = raw(server.address, body.as_bytes()).expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 400"), "{answer:?}");
    let finished = server.stop(Signal::TERM).expect("an end");
    let lines = access(&finished.stderr);
    let [refused, broken] = lines.as_slice() else { panic!("{finished}") };
    assert_eq!((&refused["status"], refused.get("path")), (&400.into(), None), "{refused}");
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("RFC 9112")), "{refused}");
    assert_eq!((&broken["status"], &broken["path"]), (&400.into(), &"/measure".into()), "{broken}");
    assert_eq!(broken.get("cut_off"), None, "{broken}");
    for (line, answer) in [(refused, refusal), (broken, answer)] {
        let id = format!("\r\nx-request-id: {}\r\n", line["request_id"].as_str().expect("an id"));
        assert!(String::from_utf8_lossy(&answer).contains(&id), "{answer:?}: {line}");
    }
}

#[test]
fn every_line_in_json_is_an_object() {
    let server = json();
    for path in ["/print", "/trap", "/"] {
        get(server.address, path);
    }
    let finished = server.stop(Signal::TERM).expect("an end");
    assert!(finished.stderr.lines().count() > 5, "{finished}");
    for line in finished.stderr.lines() {
        let object: Value = serde_json::from_str(line).expect(line);
        assert!(object["timestamp"].is_string() && object["level"].is_string(), "{line}");
    }
}

#[test]
fn in_json_the_error_that_ends_the_server_is_an_object_too() {
    let mut command = catamaran(["serve", "/nowhere/input.wasm", "--log-format", "json"]);
    let finished = run(&mut command);
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    let line: Value = serde_json::from_str(&finished.stderr).expect(&finished.stderr);
    let says = line["message"].as_str().is_some_and(|text| text.contains("/nowhere/input.wasm"));
    assert!(says && line["level"] == "ERROR", "{line}");
}

#[test]
fn the_log_format_can_come_from_the_environment() {
    let server = Server::start(serve(guest()).env("CATAMARAN_LOG_FORMAT", "json")).expect("a server");
    get(server.address, "/");
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(access(&finished.stderr).len(), 1, "{finished}");
}

#[test]
fn rust_log_chooses_what_is_logged() {
    let server = Server::start(serve(guest()).env("RUST_LOG", "info,access=off")).expect("a server");
    get(server.address, "/print");
    let finished = server.stop(Signal::TERM).expect("an end");
    assert!(finished.stderr.contains("said on stdout") && !finished.stderr.contains(" access:"), "{finished}");
}

#[test]
fn a_rust_log_that_is_no_filter_is_a_warning_and_the_default_holds() {
    for wrong in ["loud=please=now", "inf", "access=off,warning"] {
        let server = Server::start(serve(guest()).env("RUST_LOG", wrong)).expect("a server");
        get(server.address, "/print");
        let finished = server.stop(Signal::TERM).expect("an end");
        let first = finished.stderr.lines().next().unwrap_or_default();
        assert!(first.contains("WARN") && first.contains("RUST_LOG") && first.contains(wrong), "{finished}");
        assert!(finished.stderr.contains("said on stdout"), "{finished}");
    }
}

#[test]
fn errors_carry_the_request_id_when_only_errors_are_logged() {
    let server = Server::start(serve(guest()).env("RUST_LOG", "error")).expect("a server");
    let request = Request::get("/trap").header("x-request-id", "mine").body(Bytes::new()).expect("a request");
    send_and_wait(server.address, Protocol::Http1, request).expect("an answer");
    let trap = |_, line: &str| line.contains("the guest failed").then(|| line.to_owned());
    assert!(server.process.wait_for_line(trap).expect("a line").contains("request_id=mine"));
}

#[test]
fn no_client_and_no_guest_can_forge_a_line() {
    let server = Server::start(&mut serve(guest())).expect("a server");
    // hyper takes these bytes in a path; an escape begins a colour on a terminal.
    let asked = "GET /\u{7f}\u{9b}31m\"x\" HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
    raw(server.address, asked.as_bytes()).expect("an answer");
    get(server.address, "/forge");
    get(server.address, "/trap");
    let finished = server.stop(Signal::TERM).expect("an end");
    for line in finished.stderr.lines() {
        assert!(!line.chars().any(|c| c.is_control()), "{line:?}");
        assert!(line.starts_with("20") || line.starts_with("    "), "{line:?}");
        assert!(!line.starts_with("2000-01-01"), "{line:?}");
    }
}

#[test]
fn no_name_in_a_component_can_forge_a_line_or_fill_the_log() {
    let forged = r"x\0a2000-01-01T00:00:00Z  INFO forged\1b[31m\u{202e}\u{2028}";
    let name = forged.to_owned() + &"x".repeat(90_000);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("names.wasm");
    std::fs::write(&file, component_that_fails_in(&name)).expect("written");
    let server = Server::start(&mut serve(&file)).expect("a server");
    get(server.address, "/");
    let finished = server.stop(Signal::TERM).expect("an end");
    assert!(finished.stderr.contains("reason=\"unreachable\""), "{finished}");
    for line in finished.stderr.lines() {
        assert!(!line.trim_start().starts_with("2000-01-01"), "{line:?}");
        assert!(!line.contains(['\u{1b}', '\u{202e}', '\u{2028}']) && line.len() < 1000, "{line:?}");
    }
}

#[test]
fn all_that_was_logged_is_written_before_the_end() {
    const REQUESTS: usize = 2000;
    let server = Server::start(&mut serve(component(P2))).expect("a server");
    let mut connection = Connection::open(server.address).expect("a connection");
    for _ in 0..REQUESTS {
        assert_eq!(connection.get("/healthz").expect("an answer").status, 200);
    }
    drop(connection);
    let finished = server.stop(Signal::TERM).expect("an end");
    let lines = finished.stderr.lines().filter(|line| line.contains(" access: ")).count();
    assert_eq!(lines, REQUESTS);
}

#[test]
fn a_log_that_nobody_reads_stops_no_request_and_what_is_lost_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("log");
    assert!(run(Command::new("mkfifo").arg(&pipe)).status.success());
    // Open at both ends, and never read.
    let held = OpenOptions::new().read(true).write(true).open(&pipe).expect("the pipe");
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2>\"$LOG\""]).arg(host()).arg("serve").arg(component(P2));
    command.args(LISTEN).args(["--admin-listen", "127.0.0.1:0"]).env("LOG", &pipe);
    let server = Server::start(&mut command).expect("a server");
    let admin = admin(&server);
    let mut connection = Connection::open(server.address).expect("a connection");
    while value(admin, "catamaran_log_lines_dropped_total", &[]) == Some(0.0) {
        for _ in 0..1000 {
            assert_eq!(connection.get("/healthz").expect("an answer").status, 200);
        }
    }
    drop(connection);
    // The end does not wait for the reader either.
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
    drop(held);
}
