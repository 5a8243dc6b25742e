//! A response that breaks off: no client can take it for complete, whichever protocol it speaks.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
};

use bytes::Bytes;
use catamaran_tests::{
    artifacts::Generation::{self, P2, P3},
    http::{
        PATIENCE,
        Protocol::{H2c, Http1},
        raw, send_and_wait,
    },
    misbehaving::{logged, serve, text},
    process::Signal,
};
use http::Request;

const BOTH: &[Generation] = &[P2, P3];
const CHUNK: &str = "the first chunk\n";

/// Every way in which a guest does not finish, and what the log says of it.
const ENDINGS: &[(&str, &str)] = &[
    ("/trap-late", "reason=\"unreachable\" stage=\"during the response\""),
    ("/loop-late", "reason=\"stalled\""),
    ("/sleep-late", "reason=\"stalled\""),
    ("/open", "during the response"),
];

fn breaks_off(broken: impl Fn(std::net::SocketAddr, &str)) {
    for &generation in BOTH {
        let server = serve(generation, &["--body-timeout", "300ms"]);
        for (path, words) in ENDINGS {
            broken(server.address, path);
            logged(&server, words);
            assert_eq!(text(server.address, "/hello"), "hello", "{generation:?}: after {path}");
        }
    }
}

#[test]
fn over_http_1_1_the_last_chunk_is_missing() {
    breaks_off(|address, path| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        let answer = raw(address, request.as_bytes()).expect("an answer and an end");
        let answer = String::from_utf8(answer).expect("text");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(CHUNK), "{path}: {answer}");
        assert!(!answer.contains("\r\n0\r\n"), "{path}: the response is complete: {answer}");
    });
}

#[test]
fn over_http_2_the_stream_is_reset() {
    breaks_off(|address, path| {
        let request = Request::get(path).body(Bytes::new()).expect("a request");
        let error = send_and_wait(address, H2c, request).expect_err("a broken response");
        assert!(error.contains("Reset(") && error.contains("INTERNAL_ERROR"), "{path}: {error}");
    });
}

#[test]
fn over_http_1_0_the_connection_is_reset() {
    breaks_off(|address, path| {
        let request = format!("GET {path} HTTP/1.0\r\nhost: test\r\n\r\n");
        let error = raw(address, request.as_bytes()).expect_err("no end of the body");
        assert!(error.contains("reset"), "{path}: {error}");
    });
}

#[test]
fn a_response_of_http_1_0_that_the_host_cuts_off_does_not_look_complete() {
    for (options, signals) in [(["--drain-timeout", "200ms"], 1), (["--drain-timeout", "1h"], 2)] {
        let server = serve(P2, &options);
        let mut stream = TcpStream::connect(server.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream.write_all(b"GET /sleep-late HTTP/1.0\r\n\r\n").expect("sent");
        let (mut answer, mut byte) = (Vec::new(), [0]);
        while !answer.ends_with(CHUNK.as_bytes()) {
            stream.read_exact(&mut byte).expect("a chunk");
            answer.extend(byte);
        }
        server.process.signal(Signal::TERM);
        if signals == 2 {
            logged(&server, "a further signal");
            server.process.signal(Signal::TERM);
        }
        let end = stream.read(&mut byte).expect_err("no end of the body");
        assert_eq!(end.kind(), ErrorKind::ConnectionReset, "{options:?}");
        assert_eq!(server.process.wait().expect("an end").status.code(), Some(1));
    }
}

#[test]
fn a_length_that_is_not_the_bodys_is_never_a_complete_response() {
    let server = serve(P2, &[]);
    for path in ["/longer", "/shorter"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        let answer = raw(server.address, request.as_bytes()).unwrap_or_default();
        let answer = String::from_utf8(answer).expect("text");
        assert!(!answer.ends_with("\r\n\r\nhe") && !answer.ends_with("hello"), "{path}: {answer}");
        logged(&server, "reason=\"broken_body\"");
        let request = Request::get(path).body(Bytes::new()).expect("a request");
        let status = send_and_wait(server.address, H2c, request).map(|answer| answer.status().as_u16());
        assert!(matches!(status, Err(_) | Ok(500)), "{path}: {status:?}");
    }
}

#[test]
fn a_slow_body_is_whole() {
    for &generation in BOTH {
        let server = serve(generation, &["--body-timeout", "10s"]);
        for protocol in [Http1, H2c] {
            let request = Request::get("/slow").body(Bytes::new()).expect("a request");
            let answer = send_and_wait(server.address, protocol, request).expect("a whole answer");
            assert_eq!(answer.into_body(), CHUNK.repeat(3), "{generation:?} over {protocol:?}");
        }
        let answer = raw(server.address, b"GET /slow HTTP/1.0\r\nhost: test\r\n\r\n").expect("a whole answer");
        assert!(String::from_utf8_lossy(&answer).ends_with(&CHUNK.repeat(3)));
    }
}
