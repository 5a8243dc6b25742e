//! What a guest can reach, with a resolver of the test's and a server on the loopback interface.

mod https;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wasmtime_wasi_http::{Error, RequestOptions};

use super::*;

/// A resolver that answers a name with one list after the other, and with the last one for ever.
#[derive(Default)]
struct Names {
    answers: Mutex<HashMap<&'static str, Vec<Vec<IpAddr>>>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn with(self, name: &'static str, answers: &[&[&str]]) -> Self {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().expect("an address")).collect();
        self.answers.lock().expect("no panic").insert(name, answers.iter().map(parse).collect());
        self
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().expect("no panic");
        let answer =
            answers.get_mut(name).map(|answers| if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() });
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    options: OutboundOptions,
}

fn outbound(arguments: &[&str], names: Names) -> Outbound {
    let options = Options::parse_from([&["test"], arguments].concat()).options;
    Outbound::with_resolver(&options, Box::new(names)).expect("options")
}

fn gate(outbound: &Outbound, patterns: &[&str]) -> Gate {
    outbound.gate("test", patterns.iter().map(|pattern| pattern.parse().expect("a pattern")).collect())
}

async fn get(gate: &Gate, url: &str, options: RequestOptions) -> Result<String, Error> {
    let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let request = Request::get(url).body(body).expect("a request");
    let response = gate.clone().send(request, Some(options)).await?;
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec()).expect("text"))
}

async fn ask(gate: &Gate, url: &str) -> Result<String, Error> {
    get(gate, url, RequestOptions::default()).await
}

/// A server that answers every request on every connection with `answer`, and says nothing behind it.
async fn server(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (port, accepted) = (listener.local_addr().expect("an address").port(), Arc::new(AtomicUsize::new(0)));
    let counter = accepted.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {
                    _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    (port, accepted)
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test]
async fn nothing_is_permitted_by_default() {
    let (port, accepted) = server(HELLO).await;
    let gate = gate(&outbound(&[], Names::default()), &[]);
    let error = ask(&gate, &format!("http://127.0.0.1:{port}/")).await.expect_err("denied");
    assert!(matches!(error, Error::HttpRequestDenied), "{error:?}");
    assert!(matches!(ask(&gate, "/").await, Err(Error::HttpRequestDenied)));
    assert_eq!(accepted.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_address_that_is_named_answers() {
    let (port, _) = server(HELLO).await;
    let outbound = outbound(&[], Names::default().with("localhost", &[&["127.0.0.1"]]));
    for (pattern, url) in [
        (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{port}/")),
        (format!("http://127.0.0.0/8:{port}"), format!("http://2130706433:{port}/")),
        (format!("http://localhost:{port}"), format!("http://LOCALHOST.:{port}/")),
    ] {
        assert_eq!(ask(&gate(&outbound, &[&pattern]), &url).await.expect("an answer"), "hello", "{url}");
    }
}

#[tokio::test]
async fn a_permitted_name_does_not_lead_into_our_own_network() {
    let (port, accepted) = server(HELLO).await;
    let addresses =
        ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "fd00::1", "0.0.0.0"];
    for address in addresses {
        let outbound = outbound(&[], Names::default().with("evil.example", &[&[address]]));
        let gate = gate(&outbound, &["*://*:*"]);
        let error = ask(&gate, &format!("http://evil.example:{port}/")).await.expect_err(address);
        assert!(matches!(error, Error::DestinationIpProhibited), "{address}: {error:?}");
    }
    let gate = gate(&outbound(&[], Names::default()), &["*://*:*"]);
    for host in ["127.0.0.1", "0x7f.1", "[::1]", "[::ffff:7f00:1]"] {
        let error = ask(&gate, &format!("http://{host}:{port}/")).await.expect_err(host);
        assert!(matches!(error, Error::DestinationIpProhibited), "{host}: {error:?}");
    }
    assert_eq!(accepted.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_network_of_the_operators_may_be_reached_by_name() {
    let (port, _) = server(HELLO).await;
    let outbound = outbound(&["--outbound-network", "127.0.0.0/8"], Names::default().with("api", &[&["127.0.0.1"]]));
    assert_eq!(
        ask(&gate(&outbound, &["http://api:*"]), &format!("http://api:{port}/")).await.expect("an answer"),
        "hello"
    );
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_what_was_checked_is_connected_to() {
    let (port, accepted) = server(HELLO).await;
    // Permitted at the first look, loopback at the second: 192.0.2.1 never answers.
    let names = Names::default().with("rebind.example", &[&["192.0.2.1"], &["127.0.0.1"]]);
    let asked = names.asked.clone();
    let outbound = outbound(&["--outbound-network", "192.0.2.0/24", "--outbound-connect-timeout", "300ms"], names);
    let gate = gate(&outbound, &["http://rebind.example:*"]);
    let url = format!("http://rebind.example:{port}/");
    let first = ask(&gate, &url).await.expect_err("nothing is there");
    assert!(!matches!(first, Error::DestinationIpProhibited), "{first:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 1, "it was looked up again");
    assert!(matches!(ask(&gate, &url).await, Err(Error::DestinationIpProhibited)));
    assert_eq!(accepted.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn of_several_addresses_only_the_permitted_ones_are_tried() {
    let (port, _) = server(HELLO).await;
    let names = Names::default().with("mixed", &[&["10.0.0.1", "127.0.0.1"]]);
    let outbound = outbound(&["--outbound-network", "127.0.0.0/8"], names);
    assert_eq!(
        ask(&gate(&outbound, &["http://mixed:*"]), &format!("http://mixed:{port}/")).await.expect("an answer"),
        "hello"
    );
}

#[tokio::test]
async fn a_connection_is_used_again_but_not_by_another_component() {
    let (port, accepted) = server(HELLO).await;
    let outbound = outbound(&[], Names::default());
    let pattern = format!("http://127.0.0.1:{port}");
    let url = format!("http://127.0.0.1:{port}/");
    let (one, other) = (gate(&outbound, &[&pattern]), gate(&outbound, &[&pattern]));
    for _ in 0..3 {
        ask(&one, &url).await.expect("an answer");
    }
    assert_eq!(accepted.load(Ordering::Relaxed), 1);
    ask(&other, &url).await.expect("an answer");
    assert_eq!(accepted.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_user_in_front_of_the_host_is_refused() {
    let gate = gate(&outbound(&[], Names::default()), &["http://example.com"]);
    for url in ["http://example.com@127.0.0.1/", "http://user:pass@example.com/"] {
        assert!(matches!(ask(&gate, url).await, Err(Error::HttpRequestUriInvalid)), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_the_guests_affair() {
    let (port, accepted) =
        server("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 2\r\n\r\nno").await;
    let gate = gate(&outbound(&[], Names::default()), &[&format!("http://127.0.0.1:{port}")]);
    assert_eq!(ask(&gate, &format!("http://127.0.0.1:{port}/")).await.expect("an answer"), "no");
    assert_eq!(accepted.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn each_phase_has_its_time_and_a_guest_may_only_ask_for_less() {
    let (silent, _) = server("").await;
    let (stalling, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
    let long = Some(Duration::from_secs(600));
    let options = RequestOptions { connect_timeout: long, first_byte_timeout: long, between_bytes_timeout: long };
    let arguments = ["--outbound-first-byte-timeout", "200ms", "--outbound-between-bytes-timeout", "200ms"];
    let gate_of = |arguments: &[&str]| gate(&outbound(arguments, Names::default()), &["http://127.0.0.1:*"]);
    let bounded = gate_of(&arguments);
    for port in [silent, stalling] {
        let error = get(&bounded, &format!("http://127.0.0.1:{port}/"), options).await.expect_err("too late");
        assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
    }
    let short = Some(Duration::from_millis(200));
    let options = RequestOptions { connect_timeout: short, first_byte_timeout: short, between_bytes_timeout: short };
    let error = get(&gate_of(&[]), &format!("http://127.0.0.1:{silent}/"), options).await.expect_err("too late");
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error:?}");
}

#[tokio::test]
async fn connections_have_a_bound_of_the_whole_process() {
    let (silent, accepted) = server("").await;
    let arguments = ["--max-outbound-connections", "2", "--outbound-connect-timeout", "300ms"];
    let outbound = outbound(&arguments, Names::default());
    let gates = [gate(&outbound, &["http://127.0.0.1:*"]), gate(&outbound, &["http://127.0.0.1:*"])];
    let url = format!("http://127.0.0.1:{silent}/");
    let held: Vec<_> = gates
        .iter()
        .map(|gate| {
            tokio::spawn({
                let (gate, url) = (gate.clone(), url.clone());
                async move { ask(&gate, &url).await }
            })
        })
        .collect();
    while accepted.load(Ordering::Relaxed) < 2 {
        tokio::task::yield_now().await;
    }
    let error = ask(&gates[0], &url).await.expect_err("no place");
    assert!(matches!(error, Error::ConnectionTimeout), "{error:?}");
    assert_eq!(accepted.load(Ordering::Relaxed), 2);
    held.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn the_application_asks_itself_without_a_connection() {
    let outbound = outbound(&[], Names::default());
    outbound.lead_home(Arc::new(|request| {
        let said = format!("{} {:?}", request.uri(), request.headers().get("host"));
        Box::pin(async move { Response::new(Body::from(said)) })
    }));
    let permitted = gate(&outbound, &["http://self"]);
    for url in ["/a?b", "http://self.alt/a?b"] {
        assert_eq!(ask(&permitted, url).await.expect("an answer"), "http://localhost/a?b Some(\"localhost\")", "{url}");
    }
    assert!(matches!(ask(&gate(&outbound, &["http://example.com"]), "/a").await, Err(Error::HttpRequestDenied)));
    assert!(matches!(ask(&permitted, "http://example.com/").await, Err(Error::HttpRequestDenied)));
}
