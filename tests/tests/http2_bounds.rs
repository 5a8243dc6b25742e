//! HTTP/2 with prior knowledge: what the client is told that it may do, and what comes of doing more.

use std::net::TcpStream;

use bytes::Bytes;
use catamaran_tests::{
    artifacts::{Generation::P2, component},
    frames::{END_HEADERS, END_STREAM, Frame, Frames, kind},
    http::{Protocol::H2c, send_and_wait},
    misbehaving::serve,
    server::{Server, Shared, catamaran},
};
use http::{Method, Request};

// RFC 9113 section 6.5.2.
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_HEADER_LIST_SIZE: u16 = 6;

// RFC 9113 section 7.
const PROTOCOL_ERROR: u32 = 1;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// `GET / http` for `test`, in HPACK without compression.
const GET: &[u8] = b"\x82\x86\x84\x01\x04test";

static SERVER: Shared = Shared::new(|| start(&[]));

fn start(options: &[&str]) -> Server {
    let file = component(P2).to_str().expect("a path in UTF-8");
    Server::start(catamaran(["serve", file, "--listen", "127.0.0.1:0"]).args(options)).expect("a server")
}

/// `GET` on a stream, complete.
fn get(stream: u32) -> Vec<u8> {
    Frame::bytes(kind::HEADERS, END_HEADERS | END_STREAM, stream, GET)
}

fn reset(stream: u32) -> Vec<u8> {
    Frame::bytes(kind::RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

/// The status of `GET` with these fields.
fn status(server: &Server, fields: &[(String, String)]) -> u16 {
    status_of(server, Method::GET, fields)
}

fn status_of(server: &Server, method: Method, fields: &[(String, String)]) -> u16 {
    let mut request = Request::builder().method(method).uri("/healthz");
    for (name, value) in fields {
        request = request.header(name, value);
    }
    let request = request.body(Bytes::new()).expect("a request");
    send_and_wait(server.address, H2c, request).expect("an answer").status().as_u16()
}

/// As many fields, each with a name of its own.
fn numbered(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (format!("field{number}"), "a".to_owned())).collect()
}

/// Waits for the end of the connection, and its reason.
fn goaway(frames: &mut Frames<TcpStream>) -> u32 {
    frames.next_of(kind::GOAWAY).expect("GOAWAY").number(4)
}

#[test]
fn the_client_is_told_the_bounds() {
    let server = SERVER.get();
    let other = start(&[
        "--http2-max-streams=7",
        "--http2-stream-window=32KiB",
        "--http2-connection-window=256KiB",
        "--max-header-size=8KiB",
    ]);
    for (server, streams, window, connection, header) in
        [(&*server, 100, 64 << 10, 1 << 20, 64 << 10), (&other, 7, 32 << 10, 256 << 10, 8 << 10)]
    {
        let mut frames = Frames::open(server.address).expect("a connection");
        let settings = frames.next_of(kind::SETTINGS).expect("SETTINGS").settings();
        for (id, value) in
            [(MAX_CONCURRENT_STREAMS, streams), (INITIAL_WINDOW_SIZE, window), (MAX_HEADER_LIST_SIZE, header)]
        {
            assert!(settings.contains(&(id, value)), "{id} is not {value}: {settings:?}");
        }
        // The connection's window begins with 65,535 bytes (section 6.9.2) and grows to what it is to be.
        let update = frames.next_of(kind::WINDOW_UPDATE).expect("WINDOW_UPDATE");
        assert_eq!((update.stream, update.number(0)), (0, connection - 65_535));
    }
}

#[test]
fn a_stream_too_many_is_refused_and_the_others_go_on() {
    let server = SERVER.get();
    // A client that takes no data: each stream stays open once it is answered.
    let mut frames = Frames::open(server.address).expect("a connection");
    let nothing = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &0_u32.to_be_bytes()].concat();
    frames.send(kind::SETTINGS, 0, 0, &nothing).expect("sent");
    let streams = || (0..100).map(|number| 2 * number + 1);
    frames.write(&streams().flat_map(get).collect::<Vec<_>>()).expect("sent");
    let mut answered: Vec<_> = streams().map(|_| frames.next_of(kind::HEADERS).expect("an answer").stream).collect();
    answered.sort_unstable();
    assert_eq!(answered, streams().collect::<Vec<_>>());

    frames.write(&get(201)).expect("sent");
    let refused = frames.next_of(kind::RST_STREAM).expect("RST_STREAM");
    assert_eq!((refused.stream, refused.number(0)), (201, REFUSED_STREAM));

    frames.write(&[reset(1), get(203)].concat()).expect("sent");
    assert_eq!(frames.next_of(kind::HEADERS).expect("an answer").stream, 203);
}

#[test]
fn a_client_that_resets_what_it_asks_for_is_sent_away() {
    let server = SERVER.get();
    // CVE-2023-44487.
    let mut frames = Frames::open(server.address).expect("a connection");
    let attack: Vec<u8> = (0..1000).map(|number| 2 * number + 1).flat_map(|id| [get(id), reset(id)].concat()).collect();
    // It may be sent away before all is sent.
    _ = frames.write(&attack);
    assert_eq!(goaway(&mut frames), ENHANCE_YOUR_CALM);
    assert_eq!(status(&server, &[]), 200);
}

#[test]
fn a_header_block_without_end_ends_the_connection() {
    let server = SERVER.get();
    // CVE-2024-27316 and its relatives.
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.write(&Frame::bytes(kind::HEADERS, END_STREAM, 1, GET)).expect("sent");
    let more = Frame::bytes(kind::CONTINUATION, 0, 1, b"\x00\x01a\x01b");
    while frames.write(&more.repeat(100)).is_ok() {}
    assert_eq!(status(&server, &[]), 200);

    let mut frames = Frames::open(server.address).expect("a connection");
    frames.write(&[Frame::bytes(kind::HEADERS, END_STREAM, 1, GET), more.repeat(20)].concat()).expect("sent");
    assert_eq!(goaway(&mut frames), ENHANCE_YOUR_CALM);
}

#[test]
fn a_header_list_may_be_as_large_as_its_bound_and_no_larger() {
    let server = SERVER.get();
    // RFC 9113 section 6.5.2: each field counts for 32 bytes more than it has.
    let filled = |size: usize| status(&server, &[("fill".to_owned(), "a".repeat(size - "fill".len() - 32))]);
    assert_eq!(filled((64 << 10) - 300), 200);
    assert_eq!(filled(64 << 10), 431);
}

#[test]
fn there_may_be_as_many_fields_as_their_bound_and_no_more() {
    let server = SERVER.get();
    assert_eq!(status(&server, &numbered(100)), 200);
    assert_eq!(status(&server, &numbered(101)), 431);
}

#[test]
fn no_body_follows_the_refusal_of_a_head_request_with_too_many_fields() {
    let server = SERVER.get();
    let mut frames = Frames::open(server.address).expect("a connection");
    let head = b"\x02\x04HEAD\x86\x84\x01\x04test";
    let fields = [&head[..], &b"\x00\x01a\x01b".repeat(101)].concat();
    frames.write(&Frame::bytes(kind::HEADERS, END_HEADERS | END_STREAM, 1, &fields)).expect("sent");
    assert!(frames.next_of(kind::HEADERS).expect("an answer").is_last(), "RFC 9110 section 9.3.2");
    assert_eq!(status_of(&server, Method::HEAD, &numbered(101)), 431);
}

#[test]
fn what_belongs_to_http_1_resets_its_stream() {
    let server = SERVER.get();
    // RFC 9113 section 8.2.2.
    let mut frames = Frames::open(server.address).expect("a connection");
    let fields = [GET, b"\x00\x11transfer-encoding\x07chunked"].concat();
    frames.write(&Frame::bytes(kind::HEADERS, END_HEADERS | END_STREAM, 1, &fields)).expect("sent");
    let reset = frames.next_of(kind::RST_STREAM).expect("RST_STREAM");
    assert_eq!((reset.stream, reset.number(0)), (1, PROTOCOL_ERROR));
    frames.write(&get(3)).expect("sent");
    assert_eq!(frames.next_of(kind::HEADERS).expect("an answer").stream, 3);
}

#[test]
fn a_target_or_a_host_that_is_none_is_400_as_it_is_in_http_1() {
    let server = SERVER.get();
    // RFC 9113 section 8.3.1, and the rules that HTTP/1.1 has for the same things.
    for (wrong, fields) in [
        ("user information", &b"\x82\x86\x84\x01\x08u:p@test"[..]),
        ("a port that is none", b"\x82\x86\x84\x01\x0atest:99999"),
        ("another host beside the authority", b"\x82\x86\x84\x01\x04test\x00\x04host\x05other"),
        ("two hosts", b"\x82\x86\x84\x00\x04host\x04test\x00\x04host\x04test"),
        ("a host that is none", b"\x82\x86\x84\x00\x04host\x08u:p@test"),
        ("a path that is not encoded", b"\x82\x86\x04\x03/\xc3\xa4\x01\x04test"),
        ("no host at all", b"\x82\x86\x84"),
        ("an asterisk that is not for OPTIONS", b"\x82\x86\x04\x01*\x01\x04test"),
        ("a space before a value", b"\x82\x86\x84\x01\x04test\x00\x01x\x02 a"),
        ("a tab behind a value", b"\x82\x86\x84\x01\x04test\x00\x01x\x02a\t"),
        ("a scheme of another protocol", b"\x82\x06\x03ftp\x84\x01\x04test"),
    ] {
        let mut frames = Frames::open(server.address).expect("a connection");
        frames.write(&Frame::bytes(kind::HEADERS, END_HEADERS | END_STREAM, 1, fields)).expect("sent");
        let answer = frames.until(|frame| [kind::HEADERS, kind::RST_STREAM].contains(&frame.kind)).expect(wrong);
        assert!(answer.is_400() || answer.kind == kind::RST_STREAM, "{wrong}: {answer:?}");
    }
    let mut frames = Frames::open(server.address).expect("a connection");
    let same = b"\x82\x86\x84\x01\x04test\x00\x04host\x04TEST";
    frames.write(&Frame::bytes(kind::HEADERS, END_HEADERS | END_STREAM, 1, same)).expect("sent");
    assert!(frames.next_of(kind::HEADERS).expect("an answer").is_200());
}

#[test]
fn cookies_that_come_one_by_one_are_one_field_for_the_guest() {
    // RFC 9113 section 8.2.3.
    let server = serve(P2, &[]);
    let request = Request::get("/headers").header("cookie", "a=b").header("cookie", "c=d").body(Bytes::new());
    let answer = send_and_wait(server.address, H2c, request.expect("a request")).expect("an answer");
    let text = String::from_utf8(answer.into_body().to_vec()).expect("text");
    assert!(text.contains("cookie: a=b; c=d\n") && text.matches("cookie").count() == 1, "{text}");
}

#[test]
fn a_client_may_open_more_streams_than_it_may_before_it_knows_and_cancel_them_all() {
    // RFC 9113 section 6.5.2: until the settings come there is no limit; what is too much is refused, nothing more.
    let server = SERVER.get();
    let mut frames = Frames::open(server.address).expect("a connection");
    let streams = || (0..150).map(|number| 2 * number + 1);
    frames.write(&streams().flat_map(get).collect::<Vec<_>>()).expect("sent");
    let ends = streams().map(|_| frames.until(|frame| [kind::HEADERS, kind::RST_STREAM].contains(&frame.kind)));
    assert!(ends.map(|end| end.expect("an answer")).filter(|end| end.kind == kind::HEADERS).count() >= 100);
    let many = (150..240).map(|number| 2 * number + 1);
    frames.write(&many.clone().flat_map(get).chain(many.flat_map(reset)).collect::<Vec<_>>()).expect("sent");
    frames.write(&get(999)).expect("sent");
    assert!(frames.until(|frame| frame.stream == 999).expect("an answer").is_200());
}

#[test]
fn trailers_have_the_bounds_of_fields_and_none_belongs_to_the_head() {
    let server = serve(P2, &[]);
    let numbered: Vec<u8> = (0..101).flat_map(|number| format!("\x00\x04x{number:03}\x01a").into_bytes()).collect();
    for (trailers, right) in
        [(&b"\x00\x01x\x01a"[..], true), (b"\x00\x0econtent-length\x015", false), (&numbered, false)]
    {
        let mut frames = Frames::open(server.address).expect("a connection");
        frames.post(1, "/measure").expect("sent");
        frames.send(kind::DATA, 0, 1, b"hello").expect("sent");
        frames.send(kind::HEADERS, END_HEADERS | END_STREAM, 1, trailers).expect("sent");
        let answer = frames.next_of(kind::HEADERS).expect("an answer");
        assert!(if right { answer.is_200() } else { answer.is_400() }, "{trailers:?}: {answer:?}");
    }
}

#[test]
fn a_frame_where_none_may_be_ends_the_connection() {
    let server = SERVER.get();
    // RFC 9113 section 5.1.1: streams of a client are odd.
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.write(&get(2)).expect("sent");
    assert_eq!(goaway(&mut frames), PROTOCOL_ERROR);
}
