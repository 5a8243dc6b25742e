//! HTTP/1.1 that is not what RFC 9112 says, and HTTP/1.1 that only looks as if it were not.

mod cases;

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
};

use cases::{BODIES, FAULTS, HEADS, VALID};
use catamaran_tests::{
    artifacts::{
        Generation::{P2, P3},
        component,
    },
    connection::{Reply, replies},
    http::{PATIENCE, raw, raw_slowly},
    misbehaving,
    server::{Server, Shared, catamaran},
};

const GOOD: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n";

static SERVER: Shared = Shared::new(|| start(&[]));

fn start(options: &[&str]) -> Server {
    let file = component(P2).to_str().expect("a path in UTF-8");
    Server::start(catamaran(["serve", file, "--listen", "127.0.0.1:0"]).args(options)).expect("a server")
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    replies.iter().map(|reply| reply.status).collect()
}

/// The answers to `bytes`, sent at once.
fn answers(server: &Server, bytes: &[u8]) -> Vec<Reply> {
    let answer = raw(server.address, bytes).expect("an answer");
    replies(&answer).unwrap_or_else(|error| panic!("{error}: {}", answer.escape_ascii()))
}

#[test]
fn a_malformed_request_is_refused_and_what_follows_it_is_not_answered() {
    let server = SERVER.get();
    for (what, bytes, status) in HEADS.iter().chain(BODIES) {
        let replies = answers(&server, &[bytes, GOOD].concat());
        assert_eq!(statuses(&replies), [*status], "{what}: {replies:?}");
        assert!(replies[0].last, "{what}: {replies:?}");
    }
}

#[test]
fn the_requests_before_a_malformed_one_are_answered() {
    let server = SERVER.get();
    for (what, bytes, status) in HEADS.iter().chain(BODIES) {
        let replies = answers(&server, &[GOOD, GOOD, bytes, GOOD].concat());
        assert_eq!(statuses(&replies), [200, 200, *status], "{what}: {replies:?}");
    }
}

#[test]
fn a_malformed_request_is_refused_however_it_is_split() {
    let server = SERVER.get();
    for (what, bytes, status) in HEADS {
        let answer = raw_slowly(server.address, bytes).expect("an answer");
        assert_eq!(statuses(&replies(&answer).expect("whole answers")), [*status], "{what}");
    }
    for (what, bytes, _) in BODIES {
        // The guest may have answered before the fault has come; what follows is no request in any case.
        let answer = raw_slowly(server.address, &[bytes, GOOD].concat()).expect("an answer");
        assert_eq!(replies(&answer).expect("whole answers").len(), 1, "{what}");
    }
}

#[test]
fn a_response_whose_request_turns_out_malformed_does_not_look_complete() {
    for generation in [P2, P3] {
        // The guest answers with the body that it reads: only the end of the one ends the other.
        let server = misbehaving::serve(generation, &["--body-timeout", "10m"]);
        for fault in FAULTS {
            let mut stream = TcpStream::connect(server.address).expect("a connection");
            stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
            let head = "POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n";
            stream.write_all(head.as_bytes()).expect("sent");
            let mut answer = Vec::new();
            while !answer.ends_with(b"1\r\na\r\n") {
                let mut part = [0; 1024];
                let length = stream.read(&mut part).expect("the first chunk");
                assert_ne!(length, 0, "{generation:?}: {fault:?}: {}", answer.escape_ascii());
                answer.extend(&part[..length]);
            }
            stream.write_all(format!("{fault}0\r\n\r\n").as_bytes()).expect("sent");
            // It ends soon, and may be reset.
            let end = stream.read_to_end(&mut answer);
            assert!(end.as_ref().map_or_else(|error| error.kind() == ErrorKind::ConnectionReset, |_| true), "{end:?}");
            let answer = String::from_utf8(answer).expect("text");
            assert!(
                answer.starts_with("HTTP/1.1 200 ") && answer.matches("HTTP/1.1").count() == 1,
                "{fault:?}: {answer}"
            );
            assert!(!answer.contains("\r\n0\r\n"), "{generation:?}: {fault:?}: it looks complete: {answer}");
        }
        assert_eq!(misbehaving::text(server.address, "/hello"), "hello");
    }
}

#[test]
fn what_is_unusual_and_right_is_served() {
    let server = SERVER.get();
    for (what, bytes, count) in VALID {
        let replies = answers(&server, bytes);
        assert_eq!(statuses(&replies), vec![200; *count], "{what}: {replies:?}");
    }
}

#[test]
fn what_is_unusual_and_right_is_served_however_it_is_split() {
    let server = SERVER.get();
    // With a body that it does not read, the guest's first answer may end the connection before the second request.
    for (what, bytes, _) in VALID.iter().filter(|(.., count)| *count == 1) {
        let answer = raw_slowly(server.address, bytes).expect("an answer");
        assert_eq!(statuses(&replies(&answer).expect("whole answers")), [200], "{what}");
    }
}

#[test]
fn options_for_the_whole_server_reach_the_guest() {
    let server = SERVER.get();
    let replies = answers(&server, b"OPTIONS * HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    // The guest knows no such resource; the host does not object.
    assert_eq!(statuses(&replies), [404], "{replies:?}");
}

/// A request whose header block has exactly this size.
fn sized(size: usize) -> Vec<u8> {
    let (before, after) = ("GET /healthz HTTP/1.1\r\nhost: test\r\nfill: ", "\r\nconnection: close\r\n\r\n");
    [before.as_bytes(), &vec![b'a'; size - before.len() - after.len()], after.as_bytes()].concat()
}

/// A request with exactly this number of fields.
fn numbered(fields: usize) -> Vec<u8> {
    let fill: String = (2..fields).map(|number| format!("field{number}: a\r\n")).collect();
    format!("GET /healthz HTTP/1.1\r\nhost: test\r\n{fill}connection: close\r\n\r\n").into_bytes()
}

#[test]
fn a_header_block_may_be_as_large_as_its_bound_and_no_larger() {
    let server = SERVER.get();
    let small = start(&["--max-header-size", "1KiB"]);
    for (server, bound) in [(&*server, 64 << 10), (&small, 1 << 10)] {
        assert_eq!(statuses(&answers(server, &sized(bound))), [200]);
        assert_eq!(statuses(&answers(server, &sized(bound + 1))), [431]);
        assert_eq!(statuses(&answers(server, &sized(4 * bound))), [431]);
    }
}

#[test]
fn there_may_be_as_many_fields_as_their_bound_and_no_more() {
    let server = SERVER.get();
    let few = start(&["--max-header-count", "10"]);
    let many = start(&["--max-header-count", "300"]);
    for (server, bound) in [(&*server, 100), (&few, 10), (&many, 300)] {
        assert_eq!(statuses(&answers(server, &numbered(bound))), [200]);
        assert_eq!(statuses(&answers(server, &numbered(bound + 1))), [431]);
    }
}

#[test]
fn trailers_have_the_bounds_of_fields() {
    let server = SERVER.get();
    let request = |fields: usize, size: usize| {
        let trailers: String = (0..fields).map(|number| format!("field{number}: {}\r\n", "a".repeat(size))).collect();
        let head = "GET /healthz HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n";
        let next = "GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
        format!("{head}0\r\n{trailers}\r\n{next}").into_bytes()
    };
    assert_eq!(statuses(&answers(&server, &request(100, 10))), [200, 200]);
    assert_eq!(statuses(&answers(&server, &request(101, 10))), [431]);
    assert_eq!(statuses(&answers(&server, &request(10, 1000))), [431]);
}

#[test]
fn a_target_that_fills_the_header_block_is_too_long() {
    let server = SERVER.get();
    let request = |length: usize| {
        [b"GET /healthz?", &*vec![b'a'; length], b" HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"].concat()
    };
    assert_eq!(statuses(&answers(&server, &request(60_000))), [200]);
    assert_eq!(statuses(&answers(&server, &request(70_000))), [414]);
}

#[test]
fn a_refusal_says_what_is_wrong_as_every_problem_does() {
    let server = SERVER.get();
    let replies = answers(&server, b"GET / HTTP/1.1\r\nhost: test\r\ncontent-length: +1\r\n\r\n");
    let problem: serde_json::Value = serde_json::from_str(&replies[0].body).expect("JSON");
    assert_eq!(problem["status"], 400);
    assert!(problem["detail"].as_str().expect("a text").contains("RFC 9110 section 8.6"), "{problem}");
}
