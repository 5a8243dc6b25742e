//! Clients that read slowly get all of their responses, whatever ends the connection meanwhile. Each has its response in the
//! system's buffers when the host has had enough of waiting, and goes on only then: it says what it has read, or asks
//! for more.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use catamaran_tests::{
    artifacts::streams,
    frames::{END_STREAM, Frames, kind},
    http::{PATIENCE, get},
    process::{Signal, Stream},
    server::{Server, catamaran},
};
use socket2::{Domain, Socket, Type};

/// Of one stream.
const PART: usize = 4_000;
/// Together they are more than what a client's system takes unread, and less than what the server's keeps unsent.
const STREAMS: u32 = 10;
/// What a client's system takes unread, bytes; it doubles that for what it keeps beside them.
const UNREAD: usize = 4 << 10;

fn start(options: &[&str]) -> Server {
    let file = streams().to_str().expect("a path in UTF-8");
    let mut command = catamaran(["serve", file, "--listen", "127.0.0.1:0"]);
    Server::start(command.args(options).env("RUST_LOG", "debug")).expect("a server")
}

fn connect(server: &Server) -> TcpStream {
    let socket = Socket::new(Domain::for_address(server.address), Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(UNREAD).expect("a small buffer");
    socket.connect(&server.address.into()).expect("a connection");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    socket.set_write_timeout(Some(PATIENCE)).expect("a socket");
    socket.into()
}

fn wait_for_lines(server: &Server, words: &str, mut count: u32) {
    let logged = |stream, line: &str| {
        count -= u32::from(stream == Stream::Stderr && line.contains(words));
        (count == 0).then_some(())
    };
    server.process.wait_for_line(logged).expect(words);
}

/// A client that has asked for [`STREAMS`] responses and has read none of them; the host has sent them all.
fn client(server: &Server) -> Frames<TcpStream> {
    let mut frames = Frames::over(connect(server)).expect("a connection");
    let (wide, id) = ((16_u32 << 20).to_be_bytes(), 4_u16.to_be_bytes());
    frames.send(kind::SETTINGS, 0, 0, &[&id[..], &wide].concat()).expect("sent");
    frames.send(kind::WINDOW_UPDATE, 0, 0, &wide).expect("sent");
    frames.next_of(kind::WINDOW_UPDATE).expect("room for the requests");
    for stream in (0..STREAMS).map(|n| 2 * n + 1) {
        frames.post(stream, "/echo").expect("sent");
        for part in [0; PART].chunks(PART / 4) {
            frames.send(kind::DATA, 0, stream, part).expect("sent");
        }
        frames.send(kind::DATA, END_STREAM, stream, &[]).expect("sent");
    }
    wait_for_lines(server, "access", STREAMS);
    frames
}

/// Reads all, and says after each part that it was read.
fn reads_all(frames: &mut Frames<TcpStream>) {
    let (mut read, mut ended) = (0, 0);
    while let Some(frame) = frames.frame().unwrap_or_else(|error| panic!("{error}, after {read} bytes")) {
        if frame.kind == kind::DATA && !frame.payload.is_empty() {
            read += frame.payload.len();
            let length = u32::try_from(frame.payload.len()).expect("a frame").to_be_bytes();
            frames
                .send(kind::WINDOW_UPDATE, 0, 0, &length)
                .unwrap_or_else(|error| panic!("{error}, after {read} bytes"));
        }
        ended += u32::from(frame.is_last());
    }
    assert_eq!((read, ended), (PART * STREAMS as usize, STREAMS));
}

#[test]
fn the_end_of_the_server_cuts_no_http_2_response() {
    let server = start(&[]);
    let mut frames = client(&server);
    server.process.signal(Signal::TERM);
    wait_for_lines(&server, "Idle for too long", 1);
    reads_all(&mut frames);
    assert_eq!(server.process.wait().expect("an end").status.code(), Some(0));
}

#[test]
fn the_end_of_the_keep_alive_time_cuts_no_http_2_response() {
    let server = start(&["--keep-alive-timeout", "300ms"]);
    let mut frames = client(&server);
    // The first time it is told goodbye, the second time it is not waited for any longer.
    wait_for_lines(&server, "Idle for too long", 2);
    reads_all(&mut frames);
}

#[test]
fn who_gives_way_to_others_is_sent_its_response_first() {
    let server = start(&["--max-concurrent-connections", "1"]);
    let mut frames = client(&server);
    let address = server.address;
    let other = std::thread::spawn(move || get(address, "/").status().as_u16());
    wait_for_lines(&server, "Idle for too long", 1);
    reads_all(&mut frames);
    drop(frames);
    assert_eq!(other.join().expect("no panic"), 200);
}

#[test]
fn a_further_request_after_the_end_does_not_cut_the_response_before_it() {
    const LENGTH: usize = 10 * PART;
    let server = start(&[]);
    let mut stream = connect(&server);
    write!(stream, "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: {LENGTH}\r\n\r\n").expect("sent");
    stream.write_all(&[b'-'; LENGTH]).expect("sent");
    wait_for_lines(&server, "access", 1);
    server.process.signal(Signal::TERM);
    wait_for_lines(&server, "Idle for too long", 1);
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap_or_else(|error| panic!("{error}, after {} bytes", answer.len()));
    assert!(answer.len() > LENGTH && answer.ends_with(b"\r\n0\r\n\r\n"), "{} bytes", answer.len());
    assert_eq!(server.process.wait().expect("an end").status.code(), Some(0));
}

#[test]
fn a_response_that_waits_for_the_clients_window_is_in_progress() {
    let server = start(&[]);
    let mut frames = Frames::open(server.address).expect("a connection");
    let (narrow, id) = (1_u32.to_be_bytes(), 4_u16.to_be_bytes());
    frames.send(kind::SETTINGS, 0, 0, &[&id[..], &narrow].concat()).expect("sent");
    // An answer of the host's own: it is handed on as a whole.
    frames.send(kind::HEADERS, 5, 1, &[&[0x82, 0x86, 0x04, 1, b'*', 0x01, 4][..], b"test"].concat()).expect("sent");
    frames.next_of(kind::DATA).expect("one byte");
    let mut idle = Frames::open(server.address).expect("a connection");
    idle.get(1, "/").expect("sent");
    wait_for_lines(&server, "access", 2);
    server.process.signal(Signal::TERM);
    wait_for_lines(&server, "Idle for too long", 1);
    drop(idle);
    frames.send(kind::WINDOW_UPDATE, 0, 1, &1000_u32.to_be_bytes()).expect("sent");
    frames.until(|frame| frame.stream == 1 && frame.is_last()).expect("the rest");
    assert_eq!(server.process.wait().expect("an end").status.code(), Some(0));
}

#[test]
fn a_client_that_takes_nothing_does_not_hold_up_the_end() {
    let server = start(&["--body-timeout", "500ms", "--drain-timeout", "1h"]);
    let _client = client(&server);
    assert_eq!(server.stop(Signal::TERM).expect("an end").status.code(), Some(0));
}

#[test]
fn a_client_that_goes_on_talking_after_the_end_is_closed() {
    let server = start(&["--body-timeout", "1h"]);
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.write_all(b"no request\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and the server's end");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let began = Instant::now();
    while stream.write_all(b"-").is_ok() {
        assert!(began.elapsed() < PATIENCE, "it is listened to for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
}
