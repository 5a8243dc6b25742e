//! TLS: both protocols, deadlines, and certificates that change.

mod files;

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::Command,
    sync::Arc,
};

use catamaran_tests::{
    artifacts::streams,
    frames::{Frame, Frames, kind},
    http::{PATIENCE, raw},
    metrics::{value, wait_for},
    process::{Process, Signal, Stream, run},
    server::{Server, admin, catamaran},
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};

/// A certificate and its key in files.
struct Files {
    folder: TempDir,
}

impl Files {
    /// With a new certificate in them.
    fn new() -> (Self, CertificateDer<'static>) {
        let files = Self { folder: tempfile::tempdir().expect("a folder") };
        let certificate = files.renew();
        (files, certificate)
    }

    fn renew(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        fs::write(self.certificate(), cert.pem()).expect("written");
        fs::write(self.key(), signing_key.serialize_pem()).expect("written");
        cert.der().clone()
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    fn command(&self) -> Command {
        let mut command = catamaran(["serve", streams().to_str().expect("a path in UTF-8"), "--listen", "127.0.0.1:0"]);
        command.arg("--tls-cert").arg(self.certificate()).arg("--tls-key").arg(self.key());
        command
    }

    /// The server ends with one line that holds these parts.
    #[track_caller]
    fn refused(&self, parts: &[&str]) {
        let finished = Process::spawn(&mut self.command()).and_then(Process::wait).expect("an end");
        assert_eq!((finished.status.code(), &*finished.stdout), (Some(1), ""), "{finished}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished}");
        for part in ["error: "].iter().chain(parts) {
            assert!(finished.stderr.contains(part), "{part:?} is not in: {finished}");
        }
    }
}

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A client that trusts `certificate` alone and offers `protocols`; the handshake is done.
fn connect(address: SocketAddr, certificate: &CertificateDer<'static>, protocols: &[&[u8]]) -> Result<Tls, String> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    while client.is_handshaking() {
        client.complete_io(&mut stream).map_err(|error| error.to_string())?;
    }
    Ok(StreamOwned::new(client, stream))
}

/// What the server says to `request` until it closes the connection.
fn exchange(mut stream: Tls, request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and a closed connection");
    answer
}

const REQUEST: &str = "GET /scheme HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[track_caller]
fn answers(server: &Server, certificate: &CertificateDer<'static>) {
    let stream = connect(server.address, certificate, &[b"http/1.1"]).expect("a handshake");
    let answer = exchange(stream, REQUEST);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("https"), "{answer}");
}

fn wait_for_log(server: &Server, words: &str) {
    let logged = |stream, line: &str| (stream == Stream::Stderr && line.contains(words)).then_some(());
    server.process.wait_for_line(logged).expect(words);
}

#[test]
fn the_first_line_says_https_and_the_guest_sees_it() {
    let (files, certificate) = Files::new();
    let process = Process::spawn(&mut files.command()).expect("a process");
    let line = process.wait_for_line(|stream, line| (stream == Stream::Stdout).then(|| line.to_owned()));
    let line = line.expect("a line");
    let address = line.strip_prefix("Serving HTTP on https://").and_then(|rest| rest.strip_suffix('/'));
    let address = address.and_then(|address| address.parse().ok()).expect(&line);
    let stream = connect(address, &certificate, &[]).expect("a handshake");
    let answer = exchange(stream, REQUEST);
    assert!(answer.ends_with("\r\n\r\nhttps"), "{answer}");
}

#[test]
fn both_protocols_are_spoken_and_the_client_chooses() {
    let (files, certificate) = Files::new();
    let server = Server::start(&mut files.command()).expect("a server");
    for (offered, chosen) in [
        (&[&b"h2"[..], b"http/1.1"][..], Some(&b"h2"[..])),
        (&[b"http/1.1"], Some(b"http/1.1")),
        (&[b"h2"], Some(b"h2")),
        (&[], None),
    ] {
        let stream = connect(server.address, &certificate, offered).expect("a handshake");
        assert_eq!(stream.conn.alpn_protocol(), chosen);
        if chosen == Some(b"h2") {
            let mut frames = Frames::over(stream).expect("a connection");
            frames.get(1, "/scheme").expect("sent");
            assert!(frames.until(|frame| frame.kind == kind::HEADERS).expect("an answer").is_200());
            frames.until(Frame::is_last).expect("the end of the answer");
        } else {
            assert!(exchange(stream, REQUEST).starts_with("HTTP/1.1 200 OK\r\n"));
        }
    }
    assert!(connect(server.address, &certificate, &[b"spdy/3"]).is_err(), "a protocol that nobody speaks");
}

#[test]
fn a_client_without_a_handshake_does_not_delay_others() {
    let (files, certificate) = Files::new();
    let server = Server::start(files.command().args(["--first-byte-timeout", "1h"])).expect("a server");
    let _silent = TcpStream::connect(server.address).expect("a connection");
    let mut half = TcpStream::connect(server.address).expect("a connection");
    half.write_all(b"\x16\x03\x01").expect("sent");
    answers(&server, &certificate);
}

#[test]
fn a_handshake_that_does_not_end_is_closed_and_counts_as_a_connection() {
    let (files, certificate) = Files::new();
    let mut command = files.command();
    command.args(["--first-byte-timeout", "300ms", "--max-concurrent-connections", "1"]);
    let server = Server::start(command.args(["--admin-listen", "127.0.0.1:0"])).expect("a server");
    let mut half = TcpStream::connect(server.address).expect("a connection");
    half.set_read_timeout(Some(PATIENCE)).expect("a socket");
    half.write_all(b"\x16\x03\x01").expect("sent");
    answers(&server, &certificate);
    assert_eq!(half.read_to_end(&mut Vec::new()).map_err(|error| error.kind()), Ok(0));
    let counted = value(admin(&server), "catamaran_connections_timed_out_total", &["phase=\"handshake\""]);
    assert_eq!(counted, Some(1.0));
}

#[test]
fn a_handshake_that_does_not_end_does_not_delay_the_end_of_the_server() {
    let (files, _) = Files::new();
    let mut command = files.command();
    let server =
        Server::start(command.args(["--first-byte-timeout", "1h", "--drain-timeout", "1h"])).expect("a server");
    let _silent = TcpStream::connect(server.address).expect("a connection");
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");
}

#[test]
fn headers_that_do_not_end_are_answered_with_408_through_tls() {
    let (files, certificate) = Files::new();
    let server = Server::start(files.command().args(["--header-timeout", "300ms"])).expect("a server");
    let stream = connect(server.address, &certificate, &[b"http/1.1"]).expect("a handshake");
    let answer = exchange(stream, "GET / HTTP/1.1\r\nhost: ");
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
}

#[test]
fn a_client_that_does_not_read_its_response_is_closed_through_tls() {
    let (files, certificate) = Files::new();
    let mut command = files.command();
    let server = Server::start(command.args(["--body-timeout", "500ms", "--max-concurrent-connections", "1"]));
    let server = server.expect("a server");
    let mut deaf = connect(server.address, &certificate, &[b"http/1.1"]).expect("a handshake");
    deaf.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("sent");
    answers(&server, &certificate);
}

#[test]
fn plain_http_is_closed_and_others_are_served() {
    let (files, certificate) = Files::new();
    let server = Server::start(&mut files.command()).expect("a server");
    let answer = raw(server.address, REQUEST.as_bytes()).unwrap_or_default();
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    answers(&server, &certificate);
}

#[test]
fn sighup_reads_the_certificate_again() {
    let (files, old) = Files::new();
    let server = Server::start(&mut files.command()).expect("a server");
    answers(&server, &old);
    let kept = connect(server.address, &old, &[b"http/1.1"]).expect("a handshake");
    let new = files.renew();
    server.process.signal(Signal::HUP);
    wait_for_log(&server, "certificate: reloaded");
    answers(&server, &new);
    assert!(connect(server.address, &old, &[]).is_err(), "the old certificate is still served");
    // A connection keeps what it has.
    assert!(exchange(kept, REQUEST).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_wrong_certificate_leaves_the_old_one_serving() {
    let (files, certificate) = Files::new();
    let server = Server::start(files.command().args(["--admin-listen", "127.0.0.1:0"])).expect("a server");
    fs::write(files.certificate(), "none").expect("written");
    server.process.signal(Signal::HUP);
    wait_for_log(&server, "certificate: not reloaded, what was loaded before is still served: ");
    answers(&server, &certificate);
    // The application is loaded again all the same; the reload as a whole has failed.
    wait_for(admin(&server), "catamaran_reloads_total", &["failed"], |count| count == 1.0);
    assert_eq!(value(admin(&server), "catamaran_last_reload_successful", &[]), Some(0.0));
}

#[test]
fn a_health_check_of_a_server_with_tls_says_what_to_ask() {
    let (files, _) = Files::new();
    let server = Server::start(&mut files.command()).expect("a server");
    let finished = run(&mut catamaran(["healthcheck", "--listen", &server.address.to_string()]));
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stderr.contains("TLS") && finished.stderr.contains("--admin-listen"), "{finished}");
    assert!(finished.stderr.contains("--url http://ADDRESS/livez"), "{finished}");
}
