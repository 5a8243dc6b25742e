//! Each metric moves when its event happens.

mod admin;

use std::{
    fs,
    io::Write,
    net::{Shutdown, TcpStream},
    path::Path,
    process::Command,
};

use bytes::Bytes;
use catamaran_tests::{
    artifacts::{
        Generation::{P2, P3},
        component, guest, workspace,
    },
    connection::Connection,
    frames::{END_HEADERS, END_STREAM, Frames, kind},
    http::{Protocol, get, raw, send_and_wait},
    metrics::{families, text, value, wait_for},
    process::Signal,
    server::{Server, admin, catamaran},
};
use http::Request;

fn path(file: &Path) -> &str {
    file.to_str().expect("a path in UTF-8")
}

fn with_admin(file: &Path) -> Command {
    catamaran(["serve", path(file), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
}

fn start(file: &Path, options: &[&str]) -> (Server, std::net::SocketAddr) {
    let server = Server::start(with_admin(file).args(options)).expect("a server");
    let admin = admin(&server);
    (server, admin)
}

const DURATIONS: &str = "http_server_request_duration_seconds_count";

#[test]
fn requests_are_counted_by_method_status_and_route() {
    let (server, admin) = start(component(P2), &[]);
    for (method, path) in [("GET", "/"), ("GET", "/?query"), ("HEAD", "/"), ("GET", "/nowhere"), ("FROB", "/")] {
        let request = Request::builder().method(method).uri(path).body(Bytes::new()).expect("a request");
        send_and_wait(server.address, Protocol::Http1, request).expect("an answer");
    }
    let route = "http_route=\"/...\"";
    for (method, status, count) in [("GET", "200", 2.0), ("HEAD", "200", 1.0), ("GET", "404", 1.0)] {
        let (method, status) =
            (format!("http_request_method=\"{method}\""), format!("http_response_status_code=\"{status}\""));
        wait_for(admin, DURATIONS, &[&method, &status, route], |value| value == count);
    }
    wait_for(admin, DURATIONS, &["http_request_method=\"_OTHER\"", route], |value| value == 1.0);
    assert_eq!(value(admin, "http_server_active_requests", &[]), Some(0.0));
    assert_eq!(value(admin, "catamaran_requests_cut_off_total", &[]), Some(0.0), "{}", text(admin));
}

#[test]
fn a_path_without_a_route_has_no_route_label() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("spin.toml");
    let manifest = format!(
        "spin_manifest_version = 2\napplication.name = 'test'\n\
         trigger.http = [{{ route = '/:name/healthz', component = 'service' }}]\n[component.service]\nsource = '{}'\n",
        component(P2).display()
    );
    fs::write(&file, manifest).expect("the manifest is written");
    let mut command = catamaran(["up", "-f", path(&file), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let server = Server::start(command.args(["--idle-instance-timeout", "1h"])).expect("a server");
    let admin = admin(&server);
    for name in ["one", "two"] {
        get(server.address, &format!("/{name}/healthz"));
        assert_eq!(get(server.address, &format!("/{name}")).status(), 404);
    }
    wait_for(admin, DURATIONS, &["http_route=\"/:name/healthz\""], |value| value == 2.0);
    wait_for(admin, DURATIONS, &["http_route=\"\"", "=\"404\""], |value| value == 2.0);
    // Those of the two requests, and one that is ready; one more if the second request came before that was.
    let created = |value| (3.0..=4.0).contains(&value);
    wait_for(admin, "catamaran_instances_created_total", &["component=\"service\""], created);
}

#[test]
fn traps_are_counted_by_reason_and_what_they_cut_off_too() {
    let (server, admin) = start(guest(), &[]);
    assert_eq!(get(server.address, "/trap").status(), 500);
    wait_for(admin, "catamaran_guest_failures_total", &["reason=\"unreachable\""], |value| value == 1.0);
    assert_eq!(value(admin, "catamaran_requests_cut_off_total", &[]), Some(0.0));
    raw(server.address, b"GET /trap-late HTTP/1.1\r\nhost: test\r\n\r\n").expect("an answer that breaks off");
    wait_for(admin, "catamaran_guest_failures_total", &["reason=\"unreachable\""], |value| value == 2.0);
    wait_for(admin, "catamaran_requests_cut_off_total", &[], |value| value == 1.0);
}

#[test]
fn a_request_whose_time_is_over_is_counted() {
    let (server, admin) = start(guest(), &["--request-timeout", "50ms"]);
    assert_eq!(get(server.address, "/loop").status(), 504);
    wait_for(admin, "catamaran_requests_timed_out_total", &["stage=\"head\""], |value| value == 1.0);
    let cpu = value(admin, "catamaran_guest_cpu_seconds_total", &["component=\"catamaran_guests\""]);
    assert!(cpu.expect("a value") >= 0.01, "a guest that loops for 50 ms is interrupted after 10: {cpu:?}");
}

#[test]
fn a_request_that_finds_no_place_is_counted_as_shed() {
    let options = &["--max-concurrent-requests", "1", "--queue-timeout", "1ms", "--request-timeout", "1h"];
    let (server, admin) = start(guest(), options);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send("GET /loop HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    wait_for(admin, "catamaran_instances", &["component=\"catamaran_guests\""], |live| live == 1.0);
    assert_eq!(get(server.address, "/").status(), 503);
    wait_for(admin, "catamaran_requests_shed_total", &[], |value| value == 1.0);
}

#[test]
fn a_client_that_leaves_is_counted_as_cut_off_without_a_status() {
    let (server, admin) = start(guest(), &["--request-timeout", "1h"]);
    let mut connection = Connection::open(server.address).expect("a connection");
    connection.send("GET /loop HTTP/1.1\r\nhost: test\r\n\r\n").expect("sent");
    wait_for(admin, "http_server_active_requests", &[], |active| active == 1.0);
    drop(connection);
    wait_for(admin, "catamaran_requests_cut_off_total", &[], |value| value == 1.0);
    wait_for(admin, DURATIONS, &["http_response_status_code=\"\""], |value| value == 1.0);
    wait_for(admin, "catamaran_instances", &[], |live| live == 0.0);
}

#[test]
fn a_body_that_its_client_breaks_off_is_no_failure_of_the_guest() {
    let (server, admin) = start(guest(), &[]);
    let head = "POST /measure HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nhalf";
    let mut short = TcpStream::connect(server.address).expect("a connection");
    short.write_all(head.as_bytes()).expect("sent");
    short.shutdown(Shutdown::Write).expect("half-closed");
    // A length that is not that of the body. Both fields are of HPACK's static table.
    let fields = [&[0x83, 0x86, 0x04, 8][..], b"/measure", &[0x01, 4], b"test", &[0x0f, 0x0d, 1], b"9"].concat();
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.send(kind::HEADERS, END_HEADERS, 1, &fields).expect("sent");
    frames.send(kind::DATA, END_STREAM, 1, b"half").expect("sent");
    wait_for(admin, DURATIONS, &[], |requests| requests == 2.0);
    wait_for(admin, "catamaran_instances", &[], |live| live == 0.0);
    assert_eq!(value(admin, "catamaran_guest_failures_total", &[]), Some(0.0));
    let finished = server.stop(Signal::TERM).expect("an end");
    assert!(!finished.stderr.contains("ERROR"), "{finished}");
}

#[test]
fn instances_are_counted_as_made_reused_and_live() {
    let (server, admin) = start(component(P3), &["--idle-instance-timeout", "50ms"]);
    let mut connection = Connection::open(server.address).expect("a connection");
    for _ in 0..3 {
        assert_eq!(connection.get("/").expect("an answer").status, 200);
    }
    let created = wait_for(admin, "catamaran_instances_created_total", &[], |value| value >= 1.0);
    let reused = value(admin, "catamaran_instances_reused_total", &[]).expect("a value");
    assert_eq!(created + reused, 3.0);
    assert!(reused >= 1.0);
    wait_for(admin, "catamaran_instances", &[], |live| live == 0.0);
}

#[test]
fn the_most_memory_of_an_instance_is_shown_after_it_is_gone() {
    let (server, admin) = start(guest(), &[]);
    assert_eq!(get(server.address, "/").status(), 200);
    let before = wait_for(admin, "catamaran_guest_memory_peak_bytes", &[], |bytes| bytes > 0.0);
    assert_eq!(get(server.address, "/grow").status(), 200);
    wait_for(admin, "catamaran_guest_memory_peak_bytes", &[], |bytes| bytes == before + 64.0 * 1048576.0);
    assert_eq!(get(server.address, "/").status(), 200);
    let after = value(admin, "catamaran_guest_memory_peak_bytes", &["component=\"catamaran_guests\""]);
    assert_eq!(after, Some(before + 64.0 * 1048576.0));
}

#[test]
fn an_instance_that_wants_too_much_memory_is_a_reason_of_its_own() {
    let (server, admin) = start(guest(), &["--max-instance-memory", "32MiB"]);
    // It asks, is refused, and answers all the same: only a call that then fails counts.
    assert_eq!(get(server.address, "/grow").status(), 200);
    assert_eq!(value(admin, "catamaran_guest_failures_total", &["memory"]), Some(0.0));
    assert_eq!(get(server.address, "/allocate").status(), 500);
    wait_for(admin, "catamaran_guest_failures_total", &["reason=\"memory\""], |value| value == 1.0);
}

#[test]
fn a_guests_line_that_is_cut_short_is_counted() {
    let (server, admin) = start(guest(), &["--max-log-line", "4B"]);
    assert_eq!(get(server.address, "/print").status(), 200);
    wait_for(admin, "catamaran_guest_log_lines_dropped_total", &[], |value| value == 2.0);
}

#[test]
fn connections_are_counted_and_those_that_are_too_slow() {
    let (server, admin) = start(component(P2), &["--first-byte-timeout", "50ms"]);
    let _silent = Connection::open(server.address).expect("a connection");
    wait_for(admin, "catamaran_connections_timed_out_total", &["phase=\"new\""], |value| value == 1.0);
    wait_for(admin, "catamaran_connections", &[], |open| open == 0.0);
    assert_eq!(value(admin, "catamaran_connections_accepted_total", &[]), Some(1.0));
}

#[test]
fn a_body_that_does_not_come_is_counted() {
    let (server, admin) = start(guest(), &["--body-timeout", "300ms"]);
    let half = b"POST /measure HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nhalf";
    assert!(raw(server.address, half).expect("an answer").starts_with(b"HTTP/1.1 408"));
    let name = "catamaran_requests_timed_out_total";
    assert_eq!(value(admin, name, &["stage=\"request_body\""]), Some(1.0));
}

#[test]
fn a_connection_that_is_told_to_end_is_not_counted_as_too_slow_for_it() {
    let (server, admin) = start(component(P2), &["--keep-alive-timeout", "300ms"]);
    let mut frames = Frames::open(server.address).expect("a connection");
    frames.get(1, "/healthz").expect("sent");
    while frames.frame().expect("a frame").is_some() {}
    assert_eq!(value(admin, "catamaran_connections_timed_out_total", &["phase=\"idle\""]), Some(1.0));
}

#[test]
fn errors_of_accept_are_counted() {
    // Some descriptors are the server's own; then clients take the rest.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\""]);
    command.arg(catamaran_tests::artifacts::host());
    command.args(["serve", path(component(P2)), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let server = Server::start(&mut command).expect("a server");
    let admin = admin(&server);
    let clients: Vec<_> = (0..60).map(|_| Connection::open(server.address).expect("the backlog takes it")).collect();
    let logged = |_, line: &str| line.contains("accept: ").then_some(());
    server.process.wait_for_line(logged).expect("an error of accept");
    drop(clients);
    wait_for(admin, "catamaran_accept_errors_total", &[], |value| value >= 1.0);
}

#[test]
fn reloads_are_counted_and_a_failed_one_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("component.wasm");
    fs::copy(component(P2), &file).expect("copied");
    let (server, admin) = start(&file, &[]);
    assert_eq!(value(admin, "catamaran_last_reload_successful", &[]), Some(1.0));
    assert_eq!(value(admin, "catamaran_last_reload_timestamp_seconds", &[]), Some(0.0));
    server.process.signal(Signal::HUP);
    wait_for(admin, "catamaran_reloads_total", &["result=\"ok\""], |value| value == 1.0);
    let first = wait_for(admin, "catamaran_last_reload_timestamp_seconds", &[], |time| time > 1e9);
    fs::write(&file, "no component").expect("written");
    server.process.signal(Signal::HUP);
    wait_for(admin, "catamaran_reloads_total", &["result=\"failed\""], |value| value == 1.0);
    wait_for(admin, "catamaran_last_reload_successful", &[], |value| value == 0.0);
    wait_for(admin, "catamaran_last_reload_timestamp_seconds", &[], |time| time > first);
}

#[test]
fn the_documentation_has_every_metric_and_no_other() {
    let (server, admin) = start(guest(), &["--first-byte-timeout", "10ms"]);
    assert_eq!(get(server.address, "/trap").status(), 500);
    let _silent = Connection::open(server.address).expect("a connection");
    wait_for(admin, "catamaran_connections_timed_out_total", &[], |value| value == 1.0);
    let mut shown = families(&text(admin));
    shown.retain(|name, _| !name.starts_with("process_"));
    let file = fs::read_to_string(workspace().join("docs/observability.md")).expect("the page");
    let rows = file.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        Some((cells.next()?.split('`').next()?.to_owned(), cells.next()?.to_owned()))
    });
    let documented = rows.filter(|(_, kind)| ["counter", "gauge", "histogram"].contains(&kind.as_str())).collect();
    assert_eq!(shown, documented);
}
