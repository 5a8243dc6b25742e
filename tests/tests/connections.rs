//! How long an HTTP/1.1 client may take for each of its parts, and how many connections there may be. In most tests the
//! server has one place for connections, a client that does nothing takes it, and the next one is answered only
//! because the first one was closed.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use catamaran_tests::{
    artifacts::{Generation::P2, component, host, streams},
    connection::Connection,
    http::{PATIENCE, get, raw},
    process::Stream,
    server::{Server, catamaran},
};

fn start(options: &[&str]) -> Server {
    serve(streams(), options)
}

fn serve(file: &Path, options: &[&str]) -> Server {
    let mut command = catamaran(["serve", file.to_str().expect("a path in UTF-8"), "--listen", "127.0.0.1:0"]);
    Server::start(command.args(options)).expect("a server")
}

/// A server with one place for connections.
fn narrow(options: &[&str]) -> Server {
    start(&[&["--max-concurrent-connections", "1"], options].concat())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// All that the server says until it closes the connection.
fn rest(mut stream: impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("the connection stays open: {error}"),
        _ => all,
    }
}

#[track_caller]
fn is_408(answer: &[u8]) {
    let answer = String::from_utf8_lossy(answer).to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 408 request timeout\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[test]
fn a_client_that_says_nothing_is_closed() {
    let server = start(&["--first-byte-timeout", "300ms"]);
    let silent = connect(server.address);
    assert_eq!(rest(silent), b"");
}

#[test]
fn headers_that_do_not_end_are_answered_with_408() {
    let server = narrow(&["--header-timeout", "300ms"]);
    let mut half = connect(server.address);
    half.write_all(b"GET / HTTP/1.1\r\nhost: ").expect("sent");
    assert_eq!(get(server.address, "/").status(), 200);
    is_408(&rest(half));
}

#[test]
fn headers_that_trickle_in_are_answered_with_408() {
    let server = narrow(&["--header-timeout", "500ms"]);
    let mut slow = connect(server.address);
    slow.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n").expect("sent");
    slow.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket");
    let mut answer = [0; 1024];
    let length = loop {
        slow.write_all(b"x-a: b\r\n").expect("sent");
        match slow.read(&mut answer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => break read.expect("an answer"),
        }
    };
    is_408(&answer[..length]);
}

#[test]
fn later_headers_have_no_more_time_than_the_first() {
    let server = serve(component(P2), &["--header-timeout", "300ms", "--keep-alive-timeout", "1h"]);
    let mut connection = Connection::open(server.address).expect("a connection");
    assert_eq!(connection.get("/healthz").expect("an answer").status, 200);
    connection.send("GET / HTTP/1.1\r\nhost: ").expect("sent");
    let reply = connection.reply().expect("an answer");
    assert_eq!((reply.status, reply.last), (408, true), "{reply:?}");
}

#[test]
fn a_connection_that_is_idle_between_requests_is_closed() {
    let server = serve(component(P2), &["--keep-alive-timeout", "300ms"]);
    let mut idle = Connection::open(server.address).expect("a connection");
    assert_eq!(idle.get("/healthz").expect("an answer").status, 200);
    assert_eq!(idle.reply().expect_err("nothing was asked"), "the connection was closed");
}

#[test]
fn empty_lines_between_requests_make_no_request() {
    let server = serve(component(P2), &["--header-timeout", "300ms", "--keep-alive-timeout", "2s"]);
    let mut connection = Connection::open(server.address).expect("a connection");
    assert_eq!(connection.get("/healthz").expect("an answer").status, 200);
    connection.send("\r\n").expect("sent");
    assert_eq!(connection.reply().expect_err("nothing was asked"), "the connection was closed");
}

#[test]
fn a_body_that_does_not_go_on_is_answered_with_408() {
    let server = narrow(&["--body-timeout", "300ms"]);
    let mut slow = connect(server.address);
    slow.write_all(b"POST /count HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nhalf").expect("sent");
    assert_eq!(get(server.address, "/").status(), 200);
    is_408(&rest(slow));
}

#[test]
fn a_body_that_does_not_go_on_after_its_response_began_breaks_the_response_off() {
    let server = narrow(&["--body-timeout", "300ms"]);
    let mut slow = connect(server.address);
    slow.write_all(b"POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nhalf").expect("sent");
    assert_eq!(get(server.address, "/").status(), 200);
    let answer = String::from_utf8(rest(slow)).expect("text");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\r\nhalf\r\n"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "it looks complete: {answer}");
}

#[test]
fn a_client_that_does_not_read_its_response_is_closed() {
    let server = narrow(&["--body-timeout", "500ms"]);
    let mut deaf = connect(server.address);
    deaf.write_all(b"GET /large HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    assert_eq!(get(server.address, "/").status(), 200);
    assert!(!rest(deaf).ends_with(b"0\r\n\r\n"), "the whole response came after all");
}

#[test]
fn a_client_that_reads_and_writes_in_time_gets_all_of_it() {
    let server = start(&["--body-timeout", "1m"]);
    let large =
        raw(server.address, b"GET /large HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").expect("an answer");
    assert!(large.len() > 64 << 20 && large.ends_with(b"0\r\n\r\n"));
}

#[test]
fn a_connection_too_many_waits_for_another_to_end() {
    let server = start(&["--max-concurrent-connections", "2"]);
    let two = [(); 2].map(|()| connect(server.address));
    for mut connection in &two {
        connection.write_all(b"POST /count HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nhalf").expect("sent");
    }
    let mut third = connect(server.address);
    third.write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").expect("sent");
    third.set_read_timeout(Some(Duration::from_millis(300))).expect("a socket");
    let early = third.read(&mut [0]);
    assert!(matches!(&early, Err(error) if error.kind() == ErrorKind::WouldBlock), "{early:?}");
    drop(two);
    third.set_read_timeout(Some(PATIENCE)).expect("a socket");
    assert!(rest(third).starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[test]
fn idle_connections_give_way_to_clients_that_wait_and_busy_ones_do_not() {
    let server = start(&["--max-concurrent-connections", "20", "--keep-alive-timeout", "1h", "--body-timeout", "1h"]);
    let mut busy = connect(server.address);
    busy.write_all(b"POST /count HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: 4\r\n\r\n")
        .expect("sent");
    let idle: Vec<_> = (1..20).map(|_| connect(server.address)).collect();
    for mut connection in &idle {
        connection.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
        assert_ne!(connection.read(&mut [0; 1024]).expect("an answer"), 0);
    }
    // More than give way at once.
    let _later: Vec<_> = (0..5)
        .map(|_| {
            let mut connection = Connection::open(server.address).expect("a connection");
            assert_eq!(connection.get("/").expect("an answer").status, 200);
            connection
        })
        .collect();
    rest(&idle[0]);
    busy.write_all(b"body").expect("sent");
    assert!(rest(busy).starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[test]
fn the_limit_of_open_files_is_raised_and_one_that_is_too_low_is_warned_of() {
    let limited = |limit: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]).arg(host());
        command.args(["serve", component(P2).to_str().expect("a path in UTF-8"), "--listen", "127.0.0.1:0"]);
        Server::start(&mut command).expect("a server")
    };
    let server = limited("-Sn 100");
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.process.group())).expect("Linux tells");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line for it");
    let [soft, hard] = files.split_whitespace().skip(3).take(2).collect::<Vec<_>>()[..] else { panic!("{files}") };
    assert_eq!(soft, hard, "{files}");

    let warned = |stream, line: &str| {
        let words = ["WARN", "40 files may be open", "ulimit -n"];
        (stream == Stream::Stderr && words.iter().all(|word| line.contains(word))).then_some(())
    };
    limited("-n 40").process.wait_for_line(warned).expect("a warning");
}

#[test]
fn without_file_descriptors_the_server_waits_and_goes_on() {
    const DESCRIPTORS: usize = 40;
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {DESCRIPTORS} && exec \"$0\" \"$@\"")]).arg(host());
    command.args(["serve", component(P2).to_str().expect("a path in UTF-8"), "--listen", "127.0.0.1:0"]);
    let server = Server::start(&mut command).expect("a server");
    let held: Vec<_> = (0..DESCRIPTORS).map(|_| connect(server.address)).collect();
    for mut busy in &held {
        busy.write_all(b"GET / HTTP/1.1\r\nhost: ").expect("sent");
    }
    // It waits a second between two tries in the end, after a few shorter waits.
    let mut errors = 0;
    let backed_off = |stream, line: &str| {
        errors += usize::from(stream == Stream::Stderr && line.contains("accept: "));
        (line.contains("accept: ") && line.contains("again in 1s")).then_some(())
    };
    server.process.wait_for_line(backed_off).expect("accept fails");
    assert!((2..=12).contains(&errors), "{errors} tries");
    // The first request of all finds what it needs.
    let mut answer = [0; 12];
    (&held[0]).write_all(b"test\r\n\r\n").expect("sent");
    (&held[0]).read_exact(&mut answer).expect("an answer");
    assert_eq!(answer, *b"HTTP/1.1 200");
    drop(held);
    assert_eq!(get(server.address, "/healthz").status(), 200);
}
