//! Spans reach a collector when the standard variables name one, and only then.

use std::{fs, net::TcpListener, path::Path, process::Command, sync::Arc};

use bytes::Bytes;
use catamaran_tests::{
    artifacts::{application_component, guest},
    collector::{Collector, attribute},
    connection::Connection,
    http::{Answer, Protocol, send_and_wait},
    process::Signal,
    server::{Server, catamaran},
};
use http::Request;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn serve(collector: &Collector) -> Command {
    serving(guest(), collector)
}

fn serving(component: &Path, collector: &Collector) -> Command {
    let mut command = catamaran(["serve", component.to_str().expect("a path in UTF-8"), "--listen", "127.0.0.1:0"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.address));
    command
}

fn send(server: &Server, path: &str, flags: &str) -> Answer {
    let request = Request::get(path).header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}"));
    let request = request.body(Bytes::new()).expect("a request");
    send_and_wait(server.address, Protocol::Http1, request).expect("an answer")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn each_request_is_a_server_span_and_the_guests_parent_is_that_span() {
    let collector = Collector::start().expect("a collector");
    let server = Server::start(serve(&collector).env("OTEL_SERVICE_NAME", "shop")).expect("a server");
    let answer = send(&server, "/headers", "01");
    let seen = String::from_utf8_lossy(answer.body()).into_owned();
    assert_eq!(send(&server, "/trap", "01").status(), 500);
    // The end sends what is left: the batch's own time is not waited for.
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.status.code(), Some(0), "{finished}");

    let export = collector.next().expect("an export");
    assert_eq!(export.request, "POST /v1/traces HTTP/1.1");
    assert_eq!(export.content_type, "application/x-protobuf");
    assert_eq!(export.resource("service.name").as_deref(), Some("shop"));
    let spans = export.spans();
    let [first, second] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((hex(&first.trace_id).as_str(), hex(&first.parent_span_id).as_str()), (TRACE, PARENT));
    assert!(seen.contains(&format!("traceparent: 00-{TRACE}-{}-01\n", hex(&first.span_id))), "{seen} {first:?}");
    assert_eq!((first.name.as_str(), first.kind), ("GET /...", 2));
    assert!(first.end_time_unix_nano > first.start_time_unix_nano);
    for (key, wanted) in [
        ("http.request.method", "GET"),
        ("http.route", "/..."),
        ("http.response.status_code", "200"),
        ("url.path", "/headers"),
        ("url.scheme", "http"),
        ("network.protocol.version", "1.1"),
        ("network.peer.address", "127.0.0.1"),
    ] {
        assert_eq!(attribute(&first.attributes, key).as_deref(), Some(wanted), "{key}");
    }
    assert_eq!(first.status.as_ref().map_or(0, |status| status.code), 0);
    assert_eq!(attribute(&second.attributes, "error.type").as_deref(), Some("500"));
    assert_eq!(second.status.as_ref().map_or(0, |status| status.code), 2, "an error");
    assert_ne!(first.span_id, second.span_id);
}

#[test]
fn a_trace_that_is_not_sampled_is_not_exported() {
    let collector = Collector::start().expect("a collector");
    let server = Server::start(&mut serve(&collector)).expect("a server");
    send(&server, "/", "00");
    send(&server, "/print", "01");
    assert_eq!(server.stop(Signal::TERM).expect("an end").status.code(), Some(0));
    let export = collector.next().expect("an export");
    assert_eq!(export.resource("service.name").as_deref(), Some("catamaran"));
    let paths: Vec<_> = export.spans().iter().map(|span| attribute(&span.attributes, "url.path")).collect();
    assert_eq!(paths, [Some("/print".to_owned())]);
}

#[test]
fn the_sampler_is_the_one_of_the_environment() {
    let collector = Collector::start().expect("a collector");
    let server = Server::start(serve(&collector).env("OTEL_TRACES_SAMPLER", "always_off")).expect("a server");
    let answer = send(&server, "/headers", "01");
    assert!(String::from_utf8_lossy(answer.body()).contains("-00\n"), "{answer:?}");
    assert_eq!(server.stop(Signal::TERM).expect("an end").status.code(), Some(0));
    assert_eq!(collector.rest().len(), 0);
}

#[test]
fn without_a_variable_or_against_one_there_is_no_export() {
    for (name, value, warning) in [
        ("OTEL_SDK_DISABLED", "true", None),
        ("OTEL_TRACES_EXPORTER", "none", None),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "", None),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", Some("`localhost:4318` is no address of a collector")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", Some("OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported")),
    ] {
        let collector = Collector::start().expect("a collector");
        let server = Server::start(serve(&collector).env(name, value)).expect("a server");
        assert_eq!(send(&server, "/", "01").status(), 200);
        let finished = server.stop(Signal::TERM).expect("an end");
        assert_eq!(finished.status.code(), Some(0), "{name}: {finished}");
        assert_eq!(collector.rest().len(), 0, "{name}");
        let (_, warned) = finished.stderr.split_once("traces are not exported: ").unzip();
        assert_eq!(warned.is_some(), warning.is_some(), "{name}={value}: {finished}");
        assert!(warned.unwrap_or_default().starts_with(warning.unwrap_or_default()), "{name}={value}: {finished}");
    }
}

/// A collector for https on `localhost`, and the folder with its certificate.
fn with_tls() -> (Collector, TempDir) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("certificate.pem"), cert.pem()).expect("written");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::from(signing_key))
        .expect("a certificate with its key");
    (Collector::with_tls(config).expect("a collector"), folder)
}

#[test]
fn a_collector_with_tls_is_one_whose_certificate_is_trusted() {
    for (trusting, exports) in [
        (&["--outbound-ca", "certificate.pem"][..], 1),
        (&["OTEL_EXPORTER_OTLP_CERTIFICATE", "certificate.pem"], 1),
        (&["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "certificate.pem"], 1),
        (&[], 0),
    ] {
        let (collector, folder) = with_tls();
        let mut command = serve(&collector);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("https://localhost:{}", collector.address.port()));
        match trusting {
            [option, file] if option.starts_with("--") => _ = command.arg(option).arg(folder.path().join(file)),
            [variable, file] => _ = command.env(variable, folder.path().join(file)),
            _ => {}
        }
        let server = Server::start(&mut command).expect("a server");
        assert_eq!(send(&server, "/", "01").status(), 200);
        let finished = server.stop(Signal::TERM).expect("an end");
        assert_eq!(finished.status.code(), Some(0), "{trusting:?}: {finished}");
        assert_eq!(collector.rest().len(), exports, "{trusting:?}: {finished}");
        let warnings = finished.stderr.matches("spans do not reach the collector: ").count();
        assert_eq!(warnings, 1 - exports, "{trusting:?}: {finished}");
    }
}

#[test]
fn certificates_that_are_none_mean_no_export_and_a_warning() {
    for name in ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"] {
        let collector = Collector::start().expect("a collector");
        let server = Server::start(serve(&collector).env(name, "Cargo.toml")).expect("a server");
        assert_eq!(send(&server, "/", "01").status(), 200);
        let finished = server.stop(Signal::TERM).expect("an end");
        assert_eq!(finished.status.code(), Some(0), "{finished}");
        let warning = format!("traces are not exported: cannot use `Cargo.toml` as {name}: it has none");
        assert!(finished.stderr.contains(&warning), "{finished}");
        assert_eq!(collector.rest().len(), 0);
    }
}

#[test]
fn guests_cannot_use_up_the_connections_of_the_export() {
    let (collector, silent) =
        (Collector::start().expect("a collector"), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let mut command = serving(application_component(), &collector);
    command.args(["--allow-outbound", &url, "--max-outbound-connections", "1"]).env("OTEL_BSP_SCHEDULE_DELAY", "50");
    let server = Server::start(&mut command).expect("a server");
    let mut waiting = Connection::open(server.address).expect("a connection");
    waiting.send(&format!("GET /fetch?{url}/ HTTP/1.1\r\nhost: test\r\n\r\n")).expect("sent");
    let _held = silent.accept().expect("the guest's connection");
    send(&server, "/", "01");
    let export = collector.next().expect("an export");
    let paths: Vec<_> = export.spans().iter().map(|span| attribute(&span.attributes, "url.path")).collect();
    assert_eq!(paths, [Some("/".to_owned())]);
}

#[test]
fn a_collector_that_is_not_there_stops_neither_a_request_nor_the_end() {
    let collector = Collector::start().expect("a collector");
    let mut command = serve(&collector);
    // Nothing listens on port 1.
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    let server = Server::start(&mut command).expect("a server");
    assert_eq!(send(&server, "/", "01").status(), 200);
    assert_eq!(server.stop(Signal::TERM).expect("an end").status.code(), Some(0));
}
