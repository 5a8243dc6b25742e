//! Bodies of requests: bounded, streamed, and no reason to wait for a guest that does not read.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use catamaran_tests::{
    artifacts::Generation::{self, P2, P3},
    http::{PATIENCE, raw},
    metrics,
    misbehaving::{peak_memory, serve, text},
    server::{Server, admin},
};

const BOTH: &[Generation] = &[P2, P3];
const MIB: usize = 1 << 20;

fn post(server: &Server, path: &str, framing: &str, body: &str) -> String {
    let request = format!("POST {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{framing}\r\n\r\n{body}");
    String::from_utf8(raw(server.address, request.as_bytes()).expect("an answer")).expect("text")
}

#[test]
fn a_body_that_is_too_large_is_413() {
    for &generation in BOTH {
        let server = serve(generation, &["--max-body", "1KiB"]);
        let whole = "x".repeat(1025);
        for (framing, body) in [
            ("content-length: 1025", whole.clone()),
            ("transfer-encoding: chunked", format!("401\r\n{whole}\r\n0\r\n\r\n")),
        ] {
            let answer = post(&server, "/measure", framing, &body);
            assert!(answer.starts_with("HTTP/1.1 413 "), "{generation:?}: {framing}: {answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
        }
        let fits = format!("400\r\n{}\r\n0\r\n\r\n", &whole[1..]);
        let answer = post(&server, "/measure", "transfer-encoding: chunked", &fits);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("1024"), "{generation:?}: {answer}");
    }
}

#[test]
fn a_body_that_turns_out_too_large_breaks_off_the_response_that_has_begun() {
    for &generation in BOTH {
        let server = serve(generation, &["--max-body", "1KiB"]);
        let body = format!("400\r\n{}\r\n10\r\n{}\r\n0\r\n\r\n", "x".repeat(1024), "x".repeat(16));
        let answer = post(&server, "/echo", "transfer-encoding: chunked", &body);
        assert!(!answer.contains("\r\n0\r\n"), "{generation:?}: the response is complete: {answer}");
    }
}

#[test]
fn a_body_that_makes_no_progress_breaks_off() {
    for &generation in BOTH {
        let server = serve(generation, &["--body-timeout", "300ms"]);
        let answer = post(&server, "/measure", "content-length: 10", "half");
        assert!(!answer.contains("200 OK") || answer.contains("broken"), "{generation:?}: {answer}");
        assert_eq!(text(server.address, "/hello"), "hello");
    }
}

/// Sends a byte of a body, then another one after each silence of 50 ms, until the server ends the connection: what it
/// answered.
fn trickle(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    write!(stream, "POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n").expect("sent");
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let (mut answer, mut part) = (Vec::new(), [0; 1024]);
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        // After the end of the connection a write fails; what was answered before can be read all the same.
        _ = stream.write_all(b"1\r\nx\r\n");
        loop {
            match stream.read(&mut part) {
                Ok(read) if read > 0 => answer.extend_from_slice(&part[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
                _ => return String::from_utf8(answer).expect("text"),
            }
        }
    }
    panic!("{path}: after {PATIENCE:?} the server still waits for the rest of the body")
}

#[test]
fn a_body_that_trickles_is_answered_with_408() {
    for &generation in BOTH {
        let server = serve(generation, &["--body-timeout", "1s", "--min-body-rate", "1KiB"]);
        let answer = trickle(&server, "/measure");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{generation:?}: {answer}");
    }
}

#[test]
fn bodies_that_trickle_give_their_places_to_other_requests() {
    for &generation in BOTH {
        let mut options = vec!["--body-timeout", "1s", "--min-body-rate", "1KiB", "--admin-listen", "127.0.0.1:0"];
        options.extend(["--max-concurrent-requests", "2", "--queue-timeout", "1m"]);
        let server = serve(generation, &options);
        std::thread::scope(|scope| {
            let slow = [(); 2].map(|()| scope.spawn(|| trickle(&server, "/echo")));
            metrics::wait_for(admin(&server), "http_server_active_requests", &[], |active| active == 2.0);
            assert_eq!(text(server.address, "/hello"), "hello");
            for answer in slow.map(|thread| thread.join().expect("an end")) {
                assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.ends_with("\r\n0\r\n\r\n"), "{answer}");
            }
        });
    }
}

#[test]
fn a_large_body_is_streamed() {
    const LENGTH: usize = 128 * MIB;
    for &generation in BOTH {
        let server = serve(generation, &["--max-body", "unlimited"]);
        text(server.address, "/hello");
        let before = peak_memory(&server);
        let mut stream = TcpStream::connect(server.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let head =
            format!("POST /measure HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {LENGTH}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let part = vec![b'x'; MIB];
        for _ in 0..LENGTH / MIB {
            stream.write_all(&part).expect("sent");
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.contains(&LENGTH.to_string()), "{generation:?}: {answer}");
        let more = peak_memory(&server) - before;
        assert!(more < 48 * MIB, "{generation:?}: {} MiB more", more / MIB);
    }
}

#[test]
fn bodies_that_no_guest_reads_do_not_fill_the_host() {
    const CLIENTS: usize = 16;
    for &generation in BOTH {
        let server = serve(generation, &[]);
        text(server.address, "/hello");
        let before = peak_memory(&server);
        let part = vec![b'x'; MIB];
        let mut blocked = Vec::new();
        for _ in 0..CLIENTS {
            let mut stream = TcpStream::connect(server.address).expect("a connection");
            stream.set_write_timeout(Some(Duration::from_millis(200))).expect("a timeout");
            let length = 16 * MIB;
            write!(stream, "POST /sleep HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n").expect("sent");
            // Until the buffers on the way are full.
            let error = (0..16).find_map(|_| stream.write_all(&part).err()).expect("the server does not take it all");
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            blocked.push(stream);
        }
        assert_eq!(text(server.address, "/hello"), "hello");
        let more = peak_memory(&server) - before;
        assert!(more < 64 * MIB, "{generation:?}: {} MiB more", more / MIB);
    }
}

#[test]
fn a_guest_need_not_read_the_body_to_answer() {
    for &generation in BOTH {
        let server = serve(generation, &[]);
        let answer = post(&server, "/unread", "content-length: 4", "body");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("hello"), "{generation:?}: {answer}");
    }
}
