//! Requests of a guest to other servers, from the command line to the wire.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use catamaran_tests::{
    artifacts::{Generation::P3, application_component},
    http::get,
    misbehaving,
    process::Stream,
    server::{Server, catamaran},
};

/// A server that answers each request with its head, as far as it came at once.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap_or(0);
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&head[..length]));
        }
    });
    port
}

fn serve(arguments: &[&str]) -> Server {
    let file = application_component().to_str().expect("a path in UTF-8");
    let mut command = catamaran(["serve", file, "--listen", "127.0.0.1:0"]);
    Server::start(command.args(arguments)).expect("a server")
}

fn fetch(server: &Server, url: &str) -> (u16, String) {
    let answer = get(server.address, &format!("/fetch?{url}"));
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}

#[test]
fn a_bare_component_reaches_nothing_unless_it_is_allowed() {
    let port = echo();
    let server = serve(&[]);
    let (status, text) = fetch(&server, &format!("http://127.0.0.1:{port}/"));
    assert!(status == 502 && text.contains("HttpRequestDenied"), "{text}");
    let hint = |stream, line: &str| {
        let all = line.contains("`catamaran_application`") && line.contains("--allow-outbound");
        (stream == Stream::Stderr && all).then_some(())
    };
    server.process.wait_for_line(hint).expect("a hint in the log, with the component");
}

#[test]
fn a_bare_component_reaches_what_it_is_allowed_and_nothing_else() {
    let (port, other) = (echo(), echo());
    let server =
        serve(&["--allow-outbound", &format!("http://127.0.0.1:{port}"), "--allow-outbound", "https://*.example.com"]);
    let (status, text) = fetch(&server, &format!("http://127.0.0.1:{port}/path"));
    assert_eq!(status, 200, "{text}");
    assert!(text.starts_with("GET /path HTTP/1.1\r\n") && text.contains(&format!("host: 127.0.0.1:{port}")), "{text}");
    let (status, text) = fetch(&server, &format!("http://127.0.0.1:{other}/"));
    assert!(status == 502 && text.contains("HttpRequestDenied"), "{text}");
}

#[test]
fn a_component_of_wasi_0_3_reaches_what_it_is_allowed_and_nothing_else() {
    let (port, other) = (echo(), echo());
    let server = misbehaving::serve(P3, &["--allow-outbound", &format!("http://127.0.0.1:{port}")]);
    let ask = |port| misbehaving::text(server.address, &format!("/fetch?http://127.0.0.1:{port}/path"));
    let text = ask(port);
    assert!(text.starts_with("GET /path HTTP/1.1\r\n") && text.contains(&format!("host: 127.0.0.1:{port}")), "{text}");
    assert_eq!(ask(other), "ErrorCode::HttpRequestDenied");
    misbehaving::logged(&server, "the component `catamaran_guests` may not send requests to");
    let server = misbehaving::serve(P3, &["--allow-outbound", "*://*:*"]);
    let text = misbehaving::text(server.address, &format!("/fetch?http://127.0.0.1:{port}/"));
    assert_eq!(text, "ErrorCode::DestinationIpProhibited");
}

#[test]
fn everything_does_not_mean_our_own_network() {
    let port = echo();
    let server = serve(&["--allow-outbound", "*://*:*"]);
    for host in ["127.0.0.1", "localhost", "0x7f000001"] {
        let (status, text) = fetch(&server, &format!("http://{host}:{port}/"));
        assert!(status == 502 && text.contains("DestinationIpProhibited"), "{host}: {text}");
    }
}

#[test]
fn localhost_may_be_allowed_by_its_name() {
    let port = echo();
    let server = serve(&["--allow-outbound", &format!("http://localhost:{port}")]);
    let (status, text) = fetch(&server, &format!("http://localhost:{port}/"));
    assert_eq!(status, 200, "{text}");
}

#[test]
fn a_component_may_ask_itself() {
    let server = serve(&["--allow-outbound", "http://self"]);
    // The inner request has no permission that the outer one lacks: it is this component again.
    let (status, text) = fetch(&server, "http://self.alt/variable?title");
    assert!(status == 502 && text.starts_with("502 ") && text.contains("no variable `title`"), "{text}");
    let (status, text) = fetch(&serve(&[]), "http://self.alt/");
    assert!(status == 502 && text.contains("HttpRequestDenied"), "{text}");
}

#[test]
fn a_component_that_asks_itself_for_ever_ends_with_an_answer() {
    let server =
        serve(&["--allow-outbound", "http://self", "--max-concurrent-requests", "4", "--queue-timeout", "100ms"]);
    let url = "http://self.alt/fetch?".repeat(10);
    let (status, text) = fetch(&server, url.trim_end_matches('?'));
    assert_eq!(status, 502, "{text}");
    assert!(text.contains("503"), "{text}");
    // Its places are free again.
    assert_eq!(get(server.address, "/headers").status(), 200);
}

#[test]
fn a_wrong_pattern_is_wrong_usage() {
    let file = application_component().to_str().expect("a path in UTF-8");
    let finished = catamaran_tests::process::run(catamaran(["serve", file]).args(["--allow-outbound", "example.com"]));
    assert_eq!(finished.status.code(), Some(2), "{finished}");
    assert!(finished.stderr.contains("example.com") && finished.stderr.contains("scheme"), "{finished}");
}
