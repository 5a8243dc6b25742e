//! What guests may use of the machine: cores, memory, places.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use catamaran_tests::{
    artifacts::{
        Generation::{P2, P3},
        component, guest,
    },
    connection::Connection,
    http::{PATIENCE, get},
    misbehaving::{is_problem, logged, peak_memory, serve, text},
    process::Signal,
    server::{Server, catamaran},
};

/// Sends a request, and leaves its answer for later.
fn ask(address: SocketAddr, path: &str) -> Connection {
    let mut connection = Connection::open(address).expect("a connection");
    connection.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).expect("sent");
    connection
}

/// A server of two components: the guest on `/loop`, the service on all else.
fn with_service(options: &[&str]) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("spin.toml");
    let manifest = format!(
        "spin_manifest_version = 2\napplication.name = 'test'\n\
         [[trigger.http]]\nroute = '/loop'\ncomponent = 'guest'\n\
         [[trigger.http]]\nroute = '/...'\ncomponent = 'service'\n\
         [component.guest]\nsource = '{}'\n[component.service]\nsource = '{}'\n",
        guest().display(),
        component(P2).display()
    );
    std::fs::write(&file, manifest).expect("the manifest is written");
    let file = file.to_str().expect("a path in UTF-8");
    let mut command = catamaran(["up", "-f", file, "--listen", "127.0.0.1:0"]);
    (Server::start(command.args(options)).expect("a server"), folder)
}

#[test]
fn two_looping_guests_per_core_do_not_delay_other_requests_nor_sigterm() {
    let loops = 2 * thread::available_parallelism().expect("cores").get();
    let (server, _folder) = with_service(&["--request-timeout", "1h", "--drain-timeout", "100ms"]);
    let looping: Vec<_> = (0..loops).map(|_| ask(server.address, "/loop")).collect();
    // The loops never end: each of these is answered beside them or not at all.
    for _ in 0..20 {
        assert_eq!(get(server.address, "/healthz").status(), 200);
        assert_eq!(get(server.address, "/").status(), 200);
    }
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stderr.contains("were cut off"), "{finished}");
    let lines = finished.stderr.lines();
    assert_eq!(
        lines.filter(|line| line.contains("/loop") && line.contains("cut_off=true")).count(),
        loops,
        "{finished}"
    );
    drop(looping);
}

#[test]
fn guests_that_take_all_the_memory_do_not_take_that_of_the_host() {
    const GUESTS: usize = 8;
    const EACH: usize = 32 << 20;
    for generation in [P2, P3] {
        let server = serve(generation, &["--max-instance-memory", "32MiB"]);
        text(server.address, "/hello");
        let before = peak_memory(&server);
        thread::scope(|scope| {
            for _ in 0..GUESTS {
                scope.spawn(|| is_problem(&get(server.address, "/allocate"), 500));
            }
        });
        logged(&server, "asked for more memory than 32MiB");
        let more = peak_memory(&server) - before;
        assert!(more < GUESTS * EACH + (64 << 20), "{generation:?}: {} MiB more", more >> 20);
        assert_eq!(text(server.address, "/hello"), "hello");
    }
}

#[test]
fn bodies_and_fields_that_a_guest_fills_do_not_take_the_memory_of_the_host() {
    const GUESTS: usize = 8;
    for (path, most) in [("/bodies", 8 << 20), ("/full-fields", 40 << 20)] {
        let server = serve(P2, &[]);
        text(server.address, "/hello");
        let before = peak_memory(&server);
        thread::scope(|scope| {
            for _ in 0..GUESTS {
                scope.spawn(|| is_problem(&get(server.address, path), 500));
            }
        });
        logged(&server, "reason=\"resources\"");
        let more = peak_memory(&server) - before;
        assert!(more < GUESTS * most, "{path}: {} MiB more", more >> 20);
    }
}

#[test]
fn a_request_without_a_place_is_503_and_is_told_when_to_come_back() {
    for generation in [P2, P3] {
        let server = serve(generation, &["--max-concurrent-requests", "1", "--queue-timeout", "50ms"]);
        let waiting = ask(server.address, "/sleep");
        let refused = until(|| Some(get(server.address, "/hello")).filter(|answer| answer.status() != 200));
        is_problem(&refused, 503);
        assert_eq!(refused.headers()["retry-after"], "1");
        // A client that leaves frees its place: its call is cancelled.
        drop(waiting);
        until(|| (get(server.address, "/hello").status() == 200).then_some(()));
    }
}

#[test]
fn a_request_gets_a_place_that_becomes_free_in_time() {
    let server = serve(P2, &["--max-concurrent-requests", "1", "--queue-timeout", "1m"]);
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_eq!(text(server.address, "/slow").lines().count(), 3);
                answered.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(answered.into_inner(), 8);
}

#[test]
fn a_client_that_leaves_a_stream_without_end_ends_the_call() {
    for generation in [P2, P3] {
        let server = serve(generation, &["--max-concurrent-requests", "1", "--queue-timeout", "50ms"]);
        let mut endless = ask(server.address, "/endless");
        assert_eq!(endless.reply().expect("a head").status, 200);
        let refused = get(server.address, "/hello");
        is_problem(&refused, 503);
        drop(endless);
        until(|| (get(server.address, "/hello").status() == 200).then_some(()));
    }
}

/// Tries until it succeeds.
fn until<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(std::time::Instant::now() < deadline, "it never happened");
    }
}
