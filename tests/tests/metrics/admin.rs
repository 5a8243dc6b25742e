//! The admin server: where it listens, what it answers, and whether the host is ready.

use std::net::TcpStream;

use bytes::Bytes;
use catamaran_tests::{
    artifacts::{Generation::P2, component, guest},
    connection::Connection,
    http::{Protocol, get, send_and_wait},
    metrics::wait_for,
    process::{Signal, Stream},
    server::{Server, catamaran},
};
use http::{Method, Request};

use super::{path, start};

#[test]
fn the_admin_address_is_printed_after_the_address_of_the_service() {
    let (server, admin) = start(component(P2), &[]);
    assert_ne!(admin.port(), 0);
    assert_ne!(admin, server.address);
    let mut printed = Vec::new();
    let both = |stream, line: &str| {
        printed.extend((stream == Stream::Stdout).then(|| line.to_owned()));
        (printed.len() == 2).then_some(())
    };
    server.process.wait_for_line(both).expect("two lines");
    assert_eq!(printed, [format!("Serving HTTP on http://{}/", server.address), format!("Admin on http://{admin}/")]);
}

#[test]
fn without_the_option_there_is_no_admin_server_and_the_service_has_none_of_its_paths() {
    let server =
        Server::start(&mut catamaran(["serve", path(component(P2)), "--listen", "127.0.0.1:0"])).expect("a server");
    for admin_path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(get(server.address, admin_path).status(), 404, "{admin_path}");
    }
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.stdout.lines().count(), 1, "{finished}");
}

#[test]
fn the_admin_server_answers_on_its_paths_alone_and_only_reads() {
    let (_server, admin) = start(component(P2), &[]);
    for (admin_path, status) in [("/livez", 200), ("/readyz", 200), ("/metrics", 200), ("/", 404)] {
        assert_eq!(get(admin, admin_path).status(), status, "{admin_path}");
    }
    let request = Request::builder().method(Method::POST).uri("/metrics").body(Bytes::new()).expect("a request");
    assert_eq!(send_and_wait(admin, Protocol::Http1, request).expect("an answer").status(), 405);
}

#[test]
fn an_admin_address_in_use_is_an_error_before_anything_is_announced() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = held.local_addr().expect("an address").to_string();
    let mut command = catamaran(["serve", path(component(P2)), "--listen", "127.0.0.1:0", "--admin-listen", &taken]);
    let finished = catamaran_tests::process::run(&mut command);
    assert_eq!((finished.status.code(), finished.stdout.as_str()), (Some(1), ""), "{finished}");
    assert!(finished.stderr.contains("--admin-listen"), "{finished}");
    drop(held);
}

#[test]
fn readiness_ends_at_once_with_the_order_to_stop_and_liveness_does_not() {
    let (server, admin) = start(component(P2), &["--drain-delay", "1h"]);
    assert_eq!(get(admin, "/readyz").status(), 200);
    server.process.signal(Signal::TERM);
    let logged = |_, line: &str| line.contains("SIGTERM").then_some(());
    server.process.wait_for_line(logged).expect("the signal");
    // The line comes a moment before the readiness ends.
    while get(admin, "/readyz").status() == 200 {}
    assert_eq!(get(admin, "/readyz").status(), 503);
    assert_eq!(get(admin, "/livez").status(), 200);
    assert_eq!(get(server.address, "/healthz").status(), 200, "during the delay requests are served");
}

#[test]
fn the_admin_server_answers_until_the_drain_has_ended() {
    let (server, admin) = start(component(P2), &["--drain-timeout", "1h", "--header-timeout", "1h"]);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send("GET /healthz HTTP/1.1\r\nhost: ").expect("sent");
    wait_for(admin, "catamaran_connections", &[], |open| open == 1.0);
    server.process.signal(Signal::TERM);
    while TcpStream::connect(server.address).is_ok() {}
    assert_eq!(get(admin, "/readyz").status(), 503);
    connection.send("test\r\n\r\n").expect("sent");
    assert_eq!(connection.reply().expect("an answer").status, 200);
    assert_eq!(server.process.wait().expect("an end").status.code(), Some(0));
}

#[test]
fn the_admin_server_answers_when_the_service_takes_no_more_connections() {
    let options = &["--max-concurrent-connections", "1", "--max-concurrent-requests", "1", "--request-timeout", "1h"];
    let (server, admin) = start(guest(), options);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send("GET /loop HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    wait_for(admin, "http_server_active_requests", &[], |active| active == 1.0);
    let _waiting = Connection::open(server.address).expect("a connection in the backlog");
    assert_eq!(get(admin, "/livez").status(), 200);
}

#[test]
fn connections_that_say_nothing_do_not_hold_the_admin_server_up() {
    let (_server, admin) = start(component(P2), &[]);
    let _silent: Vec<_> = (0..200).map(|_| TcpStream::connect(admin).expect("a connection")).collect();
    assert_eq!(get(admin, "/livez").status(), 200);
}
