//! The ids of a request: taken over or made, given back, and passed to the guest.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use catamaran_tests::{
    artifacts::{Generation::P2, component, guest},
    http::{Answer, Protocol, get, raw, send_and_wait},
    process::Stream,
    server::{Server, catamaran},
};
use http::Request;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn start(options: &[&str]) -> Server {
    let file = guest().to_str().expect("a path in UTF-8");
    Server::start(catamaran(["serve", file, "--listen", "127.0.0.1:0"]).args(options)).expect("a server")
}

/// Sends `fields` to `path`.
fn send(server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::new()).expect("a request");
    send_and_wait(server.address, Protocol::Http1, request).expect("an answer")
}

/// What the guest saw of these fields.
fn seen(server: &Server, fields: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let answer = send(server, "/headers", fields);
    assert_eq!(answer.status(), 200, "{answer:?}");
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(answer.body()).lines() {
        let (name, value) = line.split_once(": ").expect(line);
        seen.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    seen
}

fn id(answer: &Answer) -> &str {
    answer.headers()["x-request-id"].to_str().expect("text")
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[test]
fn a_request_id_is_taken_over_and_the_guest_sees_it() {
    let server = start(&[]);
    let answer = send(&server, "/headers", &[("x-request-id", "from-the-client_1")]);
    assert_eq!(id(&answer), "from-the-client_1");
    assert_eq!(seen(&server, &[("x-request-id", "from-the-client_1")])["x-request-id"], ["from-the-client_1"]);
}

#[test]
fn a_request_without_an_id_or_with_an_ill_formed_one_gets_one() {
    let server = start(&[]);
    let long = "x".repeat(129);
    let cases: [&[(&str, &str)]; 5] = [
        &[],
        &[("x-request-id", "")],
        &[("x-request-id", "two words")],
        &[("x-request-id", &long)],
        &[("x-request-id", "one"), ("x-request-id", "two")],
    ];
    let mut made = BTreeSet::new();
    for fields in cases {
        let answer = send(&server, "/headers", fields);
        assert!(is_hex(id(&answer), 32), "{fields:?}: {answer:?}");
        let line = format!("x-request-id: {}\n", id(&answer));
        assert_eq!(String::from_utf8_lossy(answer.body()).matches("x-request-id: ").count(), 1, "{answer:?}");
        assert!(String::from_utf8_lossy(answer.body()).contains(&line), "{answer:?}");
        made.insert(id(&answer).to_owned());
    }
    assert_eq!(made.len(), cases.len(), "each is another one");
}

#[test]
fn the_hosts_own_answers_have_the_request_id_too() {
    let server = start(&["--request-timeout", "50ms"]);
    for (path, status) in [("/trap", 500), ("/loop", 504)] {
        let answer = send(&server, path, &[("x-request-id", "mine")]);
        assert_eq!((answer.status().as_u16(), id(&answer)), (status, "mine"));
    }
}

#[test]
fn lines_about_a_request_carry_its_id() {
    let server = start(&[]);
    for (path, id, words) in [("/trap", "id-of-trap", "the guest failed"), ("/print", "id-of-print", "said on stdout")]
    {
        send(&server, path, &[("x-request-id", id)]);
        let line = |stream, line: &str| (stream == Stream::Stderr && line.contains(words)).then(|| line.to_owned());
        let line = server.process.wait_for_line(line).expect(words);
        assert!(line.contains(&format!("request_id={id}")), "{line}");
    }
    let server = start(&["--log-format", "json"]);
    send(&server, "/print", &[("x-request-id", "id-in-json")]);
    let line = |_, line: &str| line.contains("said on stdout").then(|| serde_json::from_str(line).expect("JSON"));
    let line: serde_json::Value = server.process.wait_for_line(line).expect("a line");
    assert_eq!(line["request_id"], "id-in-json", "{line}");
    // This answer breaks off.
    _ = raw(server.address, b"GET /trap-late HTTP/1.1\r\nhost: test\r\nx-request-id: id-of-late\r\n\r\n");
    let late = |_, line: &str| (line.contains("the guest failed") && line.contains("id-of-late")).then_some(());
    server.process.wait_for_line(late).expect("a line with the id");
}

#[test]
fn a_valid_trace_goes_on_with_a_span_of_ours() {
    let server = start(&[]);
    for flags in ["00", "01"] {
        let parent = format!("00-{TRACE}-{PARENT}-{flags}");
        let seen = seen(&server, &[("traceparent", &parent), ("tracestate", "a=1,b=2")]);
        let [ours] = seen["traceparent"].as_slice() else { panic!("{seen:?}") };
        let parts: Vec<&str> = ours.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[3], parts.len()), ("00", TRACE, flags, 4), "{ours}");
        assert!(is_hex(parts[2], 16) && parts[2] != PARENT, "{ours}");
        assert_eq!(seen["tracestate"], ["a=1,b=2"]);
    }
}

#[test]
fn an_invalid_trace_is_replaced_and_its_state_is_dropped() {
    let server = start(&[]);
    for parent in [
        "nonsense".to_owned(),
        format!("ff-{TRACE}-{PARENT}-01"),
        format!("00-{}-{PARENT}-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
        format!("00-{TRACE}-{PARENT}-01-more"),
    ] {
        let seen = seen(&server, &[("traceparent", &parent), ("tracestate", "a=1")]);
        let [ours] = seen["traceparent"].as_slice() else { panic!("{seen:?}") };
        let parts: Vec<&str> = ours.split('-').collect();
        assert!(is_hex(parts[1], 32) && is_hex(parts[2], 16), "{ours}");
        assert!(parts[1] != TRACE && parts[1].bytes().any(|digit| digit != b'0'), "{ours}");
        assert!(!seen.contains_key("tracestate"), "{parent}: {seen:?}");
    }
}

#[test]
fn a_higher_version_of_the_trace_context_is_read_as_far_as_we_know_it() {
    let server = start(&[]);
    let seen = seen(&server, &[("traceparent", &format!("cc-{TRACE}-{PARENT}-01-what-comes-later"))]);
    assert!(seen["traceparent"][0].starts_with(&format!("00-{TRACE}-")), "{seen:?}");
}

#[test]
fn the_component_answers_as_ever_with_an_id_beside() {
    let file = component(P2).to_str().expect("a path in UTF-8");
    let server = Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"])).expect("a server");
    let answer = get(server.address, "/healthz");
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert!(is_hex(id(&answer), 32));
}
