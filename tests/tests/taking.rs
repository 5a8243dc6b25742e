//! How clients take their responses: slowly and steadily is enough, next to nothing is not.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use catamaran_tests::{
    artifacts::Generation::P2,
    frames::{Frames, kind},
    http::{PATIENCE, Protocol, send_and_wait},
    misbehaving::{serve, text},
};
use http::Request;

#[test]
fn a_client_that_takes_its_response_slowly_and_steadily_is_not_cut_off() {
    const MIB: usize = 1 << 20;
    let server = serve(P2, &["--body-timeout", "2s"]);
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    let (began, mut read, mut part) = (Instant::now(), 0, vec![0; 8 << 10]);
    while began.elapsed() < Duration::from_secs(6) {
        read += stream.read(&mut part).expect("more of the response");
        thread::sleep(Duration::from_millis(40));
    }
    // Whatever was on its way when it was cut off would have come all the same.
    while read < 12 * MIB {
        match stream.read(&mut part).expect("more of the response") {
            0 => panic!("the response ended after {read} bytes"),
            more => read += more,
        }
    }
}

/// A client that takes its response to `GET /endless` at some 50 bytes a second until `ended`, and asks for `more` of
/// the server meanwhile.
fn drip(mut frames: Frames<TcpStream>, more: bool, ended: &dyn Fn() -> bool) {
    let (nothing, id) = (0_u32.to_be_bytes(), 4_u16.to_be_bytes());
    frames.send(kind::SETTINGS, 0, 0, &[&id[..], &nothing].concat()).expect("sent");
    frames.get(1, "/endless").expect("sent");
    let mut stream = 3;
    while !ended() {
        // Once it has been sent away it sends in vain.
        _ = frames.send(kind::WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes());
        if more {
            _ = frames.get(stream, "none");
            _ = frames.send(kind::WINDOW_UPDATE, 0, stream, &1000_u32.to_be_bytes());
            stream += 2;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn responses_that_drip_give_their_places_to_other_requests() {
    for more in [false, true] {
        let bounds = ["--body-timeout", "1s", "--min-body-rate", "1KiB"];
        let server = serve(P2, &[&bounds[..], &["--max-concurrent-requests", "1", "--queue-timeout", "1m"]].concat());
        let mut frames = Frames::open(server.address).expect("a connection");
        frames.next_of(kind::WINDOW_UPDATE).expect("the server's settings");
        thread::scope(|scope| {
            let other = scope.spawn(|| text(server.address, "/hello"));
            drip(frames, more, &|| other.is_finished());
            assert_eq!(other.join().expect("an answer"), "hello");
        });
    }
}

#[test]
fn a_client_takes_byte_for_byte_what_the_guest_wrote_as_there_was_room() {
    let server = serve(P2, &[]);
    for protocol in [Protocol::Http1, Protocol::H2c] {
        let request = Request::get("/written").body(Bytes::new()).expect("a request");
        let answer = send_and_wait(server.address, protocol, request).expect("an answer");
        let bytes = answer.body();
        assert_eq!(bytes.len(), 200_000);
        assert!(bytes.iter().enumerate().all(|(place, &byte)| usize::from(byte) == place % 251), "{protocol:?}");
    }
}
