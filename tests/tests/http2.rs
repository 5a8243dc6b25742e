//! What an HTTP/2 client may hold, and for how long; and how it is told that the server ends.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
};

use catamaran_tests::{
    artifacts::streams,
    connection::Connection,
    frames::{END_STREAM, Frame, Frames, PREFACE, kind},
    http::{PATIENCE, get},
    process::{Signal, Stream},
    server::{Server, catamaran},
};

fn start(options: &[&str]) -> Server {
    let file = streams().to_str().expect("a path in UTF-8");
    let mut command = catamaran(["serve", file, "--listen", "127.0.0.1:0"]);
    Server::start(command.args(options)).expect("a server")
}

fn wait_for_log(server: &Server, words: &str) {
    let logged = |stream, line: &str| (stream == Stream::Stderr && line.contains(words)).then_some(());
    server.process.wait_for_line(logged).expect(words);
}

/// Reads until the server closes the connection, and returns whether it said GOAWAY before.
fn farewell(frames: &mut Frames<TcpStream>) -> Result<bool, String> {
    let mut told = false;
    while let Some(frame) = frames.frame()? {
        told |= frame.kind == kind::GOAWAY;
    }
    Ok(told)
}

fn answered(frames: &mut Frames<TcpStream>, stream: u32) {
    let head = frames.until(|frame| frame.kind == kind::HEADERS).expect("an answer");
    assert!(head.stream == stream && head.is_200(), "{head:?}");
    if !head.is_last() {
        frames.until(Frame::is_last).expect("the end of the answer");
    }
}

#[test]
fn a_preface_that_breaks_off_is_closed() {
    let server = start(&["--header-timeout", "300ms"]);
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.write_all(&PREFACE[..10]).expect("sent");
    assert_eq!(stream.read_to_end(&mut Vec::new()).map_err(|error| error.kind()), Ok(0));
}

#[test]
fn a_client_without_a_request_is_told_goodbye() {
    let server = start(&["--header-timeout", "300ms"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    assert_eq!(farewell(&mut frames), Ok(true));
}

#[test]
fn a_client_between_requests_is_told_goodbye() {
    let server = start(&["--keep-alive-timeout", "300ms"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.get(1, "/").expect("sent");
    answered(&mut frames, 1);
    assert_eq!(farewell(&mut frames), Ok(true));
}

#[test]
fn a_client_that_goes_on_asking_after_goodbye_is_refused_and_closed() {
    const REFUSED_STREAM: u32 = 7;
    for after_signal in [true, false] {
        let server = start(if after_signal { &[] } else { &["--max-concurrent-connections", "1"] });
        let mut frames = Frames::open(server.address).expect("a connection");
        frames.answers_pings = false;
        frames.get(1, "/").expect("sent");
        answered(&mut frames, 1);
        let (address, mut others) = (server.address, None);
        if after_signal {
            server.process.signal(Signal::TERM);
        } else {
            others = Some(std::thread::spawn(move || get(address, "/").status().as_u16()));
        }
        let mut told = false;
        let mut refused = None;
        for stream in (3..).step_by(2) {
            if frames.get(stream, "/").is_err() {
                break;
            }
            let ends = |frame: &Frame| frame.is_last() || [kind::RST_STREAM, kind::GOAWAY].contains(&frame.kind);
            match frames.until(ends) {
                Ok(Frame { kind: kind::GOAWAY, .. }) => told = true,
                Ok(frame) if frame.kind == kind::RST_STREAM => refused = Some(frame.number(0)),
                Ok(_) => assert_eq!(refused, None, "it is answered again"),
                Err(_) => break,
            }
        }
        assert_eq!((told, refused), (true, Some(REFUSED_STREAM)));
        match others {
            Some(others) => assert_eq!(others.join().expect("no panic"), 200),
            None => assert_eq!(server.process.wait().expect("an end").status.code(), Some(0)),
        }
    }
}

#[test]
fn a_client_that_pings_between_requests_is_idle_all_the_same() {
    let server = start(&["--keep-alive-timeout", "1s"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.get(1, "/").expect("sent");
    answered(&mut frames, 1);
    loop {
        frames.send(kind::PING, 0, 0, b"are you?").expect("sent");
        match frames.frame().expect("a frame") {
            Some(Frame { kind: kind::GOAWAY, .. }) => break,
            frame => assert!(frame.is_some(), "no goodbye"),
        }
    }
}

#[test]
fn half_a_frame_holds_a_connection_no_longer_than_idling_does() {
    let server = start(&["--keep-alive-timeout", "300ms"]);
    for half in [&b"\0\0"[..], b"\0\0\x08\x06\0\0\0\0\0ping"] {
        let mut frames = Frames::open(server.address).expect("a connection");
        frames.get(1, "/").expect("sent");
        answered(&mut frames, 1);
        frames.write(half).expect("sent");
        assert_eq!(farewell(&mut frames), Ok(true));
    }
}

#[test]
fn header_fields_without_an_end_hold_a_connection_no_longer_than_idling_does() {
    let server = start(&["--keep-alive-timeout", "300ms"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.get(1, "/").expect("sent");
    answered(&mut frames, 1);
    frames.send(kind::HEADERS, END_STREAM, 3, &[0x82]).expect("sent");
    frames.send(kind::CONTINUATION, 0, 3, &[0x86]).expect("sent");
    assert_eq!(farewell(&mut frames), Ok(true));
}

#[test]
fn a_client_that_floods_with_pings_and_reads_no_answer_is_closed() {
    let server = start(&["--body-timeout", "500ms"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    let pings = Frame::bytes(kind::PING, 0, 0, b"are you?").repeat(1000);
    let mut floods = 0;
    let error = loop {
        match frames.write(&pings) {
            Ok(()) => floods += 1,
            Err(error) => break error,
        }
        if floods % 100 == 0 {
            assert_eq!(get(server.address, "/").status(), 200);
        }
    };
    assert!(error.contains("reset") || error.contains("Broken pipe"), "{error}");
    assert_eq!(get(server.address, "/").status(), 200);
}

#[test]
fn a_client_that_takes_nothing_of_its_response_is_closed() {
    let server = start(&["--body-timeout", "500ms"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    // Its window lets 64 KiB through, and it never opens it again.
    frames.get(1, "/large").expect("sent");
    let mut taken = 0;
    while let Ok(Some(frame)) = frames.frame() {
        assert!(!frame.is_last(), "the whole response came");
        taken += if frame.kind == kind::DATA { frame.payload.len() } else { 0 };
    }
    assert_eq!(taken, 65_535);
}

#[test]
fn under_continuous_load_no_request_is_lost() {
    const AT_ONCE: usize = 20;
    let server = start(&[]);
    let mut frames = Frames::open(server.address).expect("a connection");
    let mut open = BTreeSet::new();
    let (mut next, mut answers, mut told) = (1, 0, false);
    loop {
        while !told && open.len() < AT_ONCE {
            frames.get(next, "/").expect("sent");
            open.insert(next);
            next += 2;
        }
        let Some(frame) = frames.frame().expect("a frame") else { break };
        match frame.kind {
            kind::GOAWAY => told = true,
            kind::HEADERS => assert!(frame.is_200(), "{frame:?}"),
            kind::RST_STREAM => panic!("{frame:?}"),
            _ => {}
        }
        if frame.is_last() {
            open.remove(&frame.stream);
            answers += 1;
            if answers == 500 {
                server.process.signal(Signal::TERM);
            }
        }
    }
    assert!(told && answers >= 500, "{told} {answers}");
    assert_eq!(open, BTreeSet::new(), "requests without an answer");
    let finished = server.process.wait().expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn uploads_in_progress_at_the_signal_are_answered() {
    let server = start(&[]);
    let mut frames = Frames::open(server.address).expect("a connection");
    for (stream, path) in [(1, "/count"), (3, "/echo")] {
        frames.post(stream, path).expect("sent");
        frames.send(kind::DATA, 0, stream, b"half").expect("sent");
    }
    // The echo has begun.
    frames.until(|frame| frame.kind == kind::DATA && frame.stream == 3).expect("a part of the answer");
    server.process.signal(Signal::TERM);
    frames.until(|frame| frame.kind == kind::GOAWAY).expect("a goodbye");
    for stream in [1, 3] {
        frames.send(kind::DATA, END_STREAM, stream, b"half").expect("sent");
    }
    let ends = [0; 2].map(|_| frames.until(Frame::is_last).expect("an end").stream);
    assert_eq!(BTreeSet::from(ends), BTreeSet::from([1, 3]));
    let finished = server.process.wait().expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn an_idle_client_does_not_delay_the_end_even_when_it_is_gone() {
    let server = start(&["--drain-timeout", "1h", "--keep-alive-timeout", "1h"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.get(1, "/").expect("sent");
    answered(&mut frames, 1);
    // Nothing answers GOAWAY.
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn requests_that_do_not_finish_in_time_are_counted() {
    let server = start(&["--drain-timeout", "300ms"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    for stream in [1, 3, 5] {
        frames.post(stream, "/echo").expect("sent");
        frames.until(|frame| frame.kind == kind::HEADERS && frame.stream == stream).expect("an answer that begins");
    }
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stderr.contains("error: 3 request(s) in progress on 1 connection(s) were cut off"), "{finished}");
}

#[test]
fn an_http_1_upload_in_progress_at_the_signal_is_answered() {
    let server = start(&[]);
    let mut count = Connection::open(server.address).expect("a connection");
    count.send("POST /count HTTP/1.1\r\nhost: test\r\ncontent-length: 8\r\n\r\nhalf").expect("sent");
    server.process.signal(Signal::TERM);
    wait_for_log(&server, "draining");
    count.send("half").expect("sent");
    let answer = count.rest().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n8"), "{answer}");
    let finished = server.process.wait().expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}
