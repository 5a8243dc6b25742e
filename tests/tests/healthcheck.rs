//! `catamaran healthcheck`: exit code 0 for a server that is well, 1 with one line for any other.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    process::Command,
    thread,
};

use catamaran_tests::{
    artifacts::{Generation::P2, component},
    process::{Finished, Process},
    server::{Server, catamaran},
};

fn check<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = catamaran(["healthcheck"]);
    command.args(arguments);
    command
}

fn run(command: &mut Command) -> Finished {
    Process::spawn(command).and_then(Process::wait).expect("an end")
}

#[track_caller]
fn is_well(command: &mut Command) {
    let finished = run(command);
    assert_eq!(finished.status.code(), Some(0), "{finished}");
    assert_eq!((&*finished.stdout, &*finished.stderr), ("", ""));
}

#[track_caller]
fn is_unwell(command: &mut Command, parts: &[&str]) {
    let finished = run(command);
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished}");
    for part in ["error: "].iter().chain(parts) {
        assert!(finished.stderr.contains(part), "{part:?} is not in: {finished}");
    }
}

fn server() -> Server {
    let file = component(P2).to_str().expect("a path in UTF-8");
    Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"])).expect("a server")
}

/// A server that reads a request and says `answer`, and then waits for its client to go.
fn says(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        stream.write_all(answer.as_bytes()).expect("a client that listens");
        lines.next();
    });
    address
}

#[test]
fn a_server_that_is_well() {
    let server = server();
    let (address, port) = (server.address.to_string(), server.address.port());
    is_well(&mut check(["--url", &format!("http://{address}/healthz")]));
    is_well(&mut check(["--url", &format!("http://localhost:{port}/healthz")]));
    is_well(check([]).env("CATAMARAN_HEALTHCHECK_URL", format!("http://{address}/healthz")));
    is_well(&mut check(["--listen", &address]));
    is_well(check([]).env("CATAMARAN_LISTEN", &address));
    is_well(check([]).env("CATAMARAN_LISTEN", format!("0.0.0.0:{port}")));
}

#[test]
fn a_server_that_answers_with_an_error() {
    let failing = says("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n");
    is_unwell(&mut check(["--url", &format!("http://{failing}/")]), &["500 Internal Server Error"]);
    let server = server();
    is_unwell(&mut check(["--url", &format!("http://{}/nowhere", server.address)]), &["/nowhere: 404 Not Found"]);
}

#[test]
fn nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let place = format!("http://{address}/healthz: ");
    is_unwell(check([]).env("CATAMARAN_LISTEN", &address), &[&place, "refused", "--listen"]);
}

#[test]
fn a_server_that_never_answers() {
    let silent = says("");
    is_unwell(&mut check(["--url", &format!("http://{silent}/")]), &["no answer within 1.5s"]);
    // Nobody accepts.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    is_unwell(&mut check(["--url", &format!("http://{address}/")]), &["no answer within 1.5s"]);
}

#[test]
fn a_server_that_speaks_something_else() {
    let other = says("220 mail ready\r\n");
    is_unwell(&mut check(["--url", &format!("http://{other}/")]), &["no HTTP answer"]);
}

#[test]
fn a_url_that_is_none() {
    for url in ["", "127.0.0.1:8000", "/healthz", "ftp://localhost/", "https://localhost/", "http://", "http://a b/"] {
        let finished = run(&mut check(["--url", url]));
        assert_eq!(finished.status.code(), Some(2), "{url}: {finished}");
        assert!(finished.stderr.contains("--url"), "{url}: {finished}");
    }
}
