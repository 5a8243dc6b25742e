//! The end of the host: what is in progress is finished, and what cannot be is counted.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use catamaran_tests::{
    artifacts::{Generation::P2, component},
    connection::Connection,
    process::{Signal, Stream},
    server::{Server, catamaran},
};

const HALF: &str = "GET /healthz HTTP/1.1\r\nhost: ";

fn start(options: &[&str]) -> Server {
    let file = component(P2).to_str().expect("a path in UTF-8");
    let mut command = catamaran(["serve", file, "--listen", "127.0.0.1:0"]);
    Server::start(command.args(options)).expect("a server")
}

fn wait_for_log(server: &Server, words: &str) {
    let logged = |stream, line: &str| (stream == Stream::Stderr && line.contains(words)).then_some(());
    server.process.wait_for_line(logged).expect(words);
}

/// Sends requests until an answer says that it is the last one.
fn requests_until_the_last(server: &Server, answered: &AtomicUsize) -> Result<(), String> {
    let mut connection = Connection::open(server.address)?;
    loop {
        let reply = connection.get("/healthz")?;
        assert_eq!(reply.status, 200, "{reply:?}");
        answered.fetch_add(1, Ordering::Relaxed);
        if reply.last {
            return Ok(());
        }
    }
}

#[test]
fn under_continuous_load_no_request_is_lost() {
    const CLIENTS: usize = 8;
    let server = start(&[]);
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(|| requests_until_the_last(&server, &answered))).collect();
        while answered.load(Ordering::Relaxed) < 100 * CLIENTS {
            assert!(!clients.iter().any(thread::ScopedJoinHandle::is_finished), "a client ended before the signal");
            thread::yield_now();
        }
        server.process.signal(Signal::TERM);
        for client in clients {
            assert_eq!(client.join().expect("no panic"), Ok(()));
        }
    });
    let finished = server.process.wait().expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn a_request_that_is_half_sent_at_the_signal_is_answered() {
    let server = start(&[]);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send(HALF).expect("sent");
    server.process.signal(Signal::TERM);
    wait_for_log(&server, "draining");
    connection.send("test\r\n\r\n").expect("sent");
    let reply = connection.reply().expect("an answer");
    assert_eq!((reply.status, reply.last), (200, true), "{reply:?}");
    let finished = server.process.wait().expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn connections_are_refused_once_the_server_stops() {
    let server = start(&["--drain-timeout", "1m"]);
    let mut half = Connection::open(server.address).expect("a connection");
    half.send(HALF).expect("sent");
    let mut idle = Connection::open(server.address).expect("a connection");
    assert_eq!(idle.get("/healthz").expect("an answer").status, 200);
    server.process.signal(Signal::TERM);
    // An idle connection is closed only after the listener.
    assert!(idle.reply().is_err());
    assert!(Connection::open(server.address).is_err());
    half.send("test\r\n\r\n").expect("sent");
    assert_eq!(half.reply().expect("an answer").status, 200);
}

#[test]
fn during_the_drain_delay_new_connections_are_served() {
    let server = start(&["--drain-delay", "2s"]);
    server.process.signal(Signal::TERM);
    wait_for_log(&server, "SIGTERM");
    let mut connection = Connection::open(server.address).expect("a connection");
    assert_eq!(connection.get("/healthz").expect("an answer").status, 200);
    let finished = server.process.wait().expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn what_does_not_finish_in_time_is_cut_off_and_counted() {
    let server = start(&["--drain-timeout", "300ms"]);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send(HALF).expect("sent");
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(
        finished.stderr.contains("error: 1 connection(s) with half a request or an untaken response were cut off"),
        "{finished}"
    );
    assert!(connection.reply().is_err());
}

#[test]
fn clients_that_wait_for_a_connection_to_end_are_served_at_the_end_too() {
    let server = start(&["--max-concurrent-connections", "1"]);
    let mut half = Connection::open(server.address).expect("a connection");
    half.send(HALF).expect("sent");
    let mut waiting = [(); 3].map(|()| Connection::open(server.address).expect("a place in the backlog"));
    for connection in &mut waiting {
        connection.send("GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    }
    server.process.signal(Signal::TERM);
    wait_for_log(&server, "draining");
    half.send("test\r\n\r\n").expect("sent");
    assert_eq!(half.reply().expect("an answer").status, 200);
    for connection in &mut waiting {
        let reply = connection.reply().expect("an answer");
        assert_eq!((reply.status, reply.last), (200, true), "{reply:?}");
    }
    assert_eq!(server.process.wait().expect("an end").status.code(), Some(0));
}

#[test]
fn signals_that_come_together_are_one() {
    // `timeout` of GNU's coreutils signals its child and then the group of both.
    let server = start(&[]);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send(HALF).expect("sent");
    // Both come while it is stopped: together, however slow this machine is.
    for signal in [Signal::STOP, Signal::TERM, Signal::INT, Signal::CONT] {
        server.process.signal(signal);
    }
    wait_for_log(&server, "draining");
    connection.send("test\r\n\r\n").expect("sent");
    assert_eq!(connection.reply().expect("an answer").status, 200);
    assert_eq!(server.process.wait().expect("an end").status.code(), Some(0));
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let server = start(&["--drain-timeout", "1h", "--header-timeout", "1h"]);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send(HALF).expect("sent");
    server.process.signal(Signal::TERM);
    wait_for_log(&server, "a further signal");
    let finished = server.stop(Signal::INT).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stderr.contains("error: ended at once by a second signal"), "{finished}");
}
