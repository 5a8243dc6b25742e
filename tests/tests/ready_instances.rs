//! Instances that are made before their requests come.

use std::thread::available_parallelism;

use catamaran_tests::artifacts::Generation::{P2, P3};
use catamaran_tests::connection::Connection;
use catamaran_tests::http::get;
use catamaran_tests::metrics::{value, wait_for};
use catamaran_tests::misbehaving::{serve, text};
use catamaran_tests::process::{Finished, Signal};
use catamaran_tests::server::{Server, admin};

const CREATED: &str = "catamaran_instances_created_total";
const LIVE: &str = "catamaran_instances";
const ADMIN: [&str; 2] = ["--admin-listen", "127.0.0.1:0"];
/// Nothing goes by itself.
const KEPT: [&str; 4] = [ADMIN[0], ADMIN[1], "--idle-instance-timeout", "1h"];

fn is(server: &Server, name: &str, expected: f64) {
    wait_for(admin(server), name, &[], |value| value == expected);
}

fn request_id(server: &Server) -> String {
    get(server.address, "/hello").headers()["x-request-id"].to_str().expect("text").to_owned()
}

/// The lines that instances wrote when they were made.
fn made(finished: &Finished) -> Vec<&str> {
    finished.stderr.lines().filter(|line| line.contains("made at")).collect()
}

#[test]
fn an_answer_is_followed_by_the_instance_of_the_next_request() {
    for (generation, options) in [(P2, &[][..]), (P3, &["--max-instance-reuse-count", "1"])] {
        let server = serve(generation, &[&KEPT, options].concat());
        for requests in 1..=20 {
            assert_eq!(text(server.address, "/count"), "1", "{generation:?}: it answers one request");
            wait_for(admin(&server), CREATED, &[], |created| created > f64::from(requests));
        }
        // Few more than requests: each thread may have one, and one that meets a tick of the epoch may come too late.
        let created = value(admin(&server), CREATED, &[]).expect("a number");
        assert!(created < 30.0, "{generation:?}: {created}");
    }
}

#[test]
fn no_thread_has_more_than_one() {
    let server = serve(P2, &KEPT);
    // A thread for each core, and one more.
    let threads = available_parallelism().expect("cores").get() + 1;
    let requests = 3 * threads;
    let mut slow: Vec<_> = (0..requests).map(|_| Connection::open(server.address).expect("a connection")).collect();
    for connection in &mut slow {
        connection.send("GET /slow HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").expect("sent");
    }
    for connection in slow {
        connection.rest().expect("an answer");
    }
    wait_for(admin(&server), CREATED, &[], |created| created > requests as f64);
    wait_for(admin(&server), LIVE, &[], |live| live <= threads as f64);
}

#[test]
fn it_goes_when_no_request_comes() {
    let server = serve(P2, &[&ADMIN, &["--idle-instance-timeout", "50ms"][..]].concat());
    text(server.address, "/count");
    is(&server, CREATED, 2.0);
    is(&server, LIVE, 0.0);
    assert_eq!(text(server.address, "/count"), "1");
}

#[test]
fn what_it_prints_when_it_is_made_is_a_line_of_no_request() {
    let server = serve(P2, &[&KEPT, &["--env", "BEGIN=loudly"][..]].concat());
    let id = request_id(&server);
    let ahead = |_, line: &str| (line.contains("made at") && !line.contains("request_id")).then_some(());
    server.process.wait_for_line(ahead).expect("a line of no request");
    let finished = server.stop(Signal::TERM).expect("an end");
    let lines = made(&finished);
    let [first, _ahead] = lines[..] else { panic!("{finished}") };
    assert!(first.contains(&id), "{finished}");
}

#[test]
fn one_that_takes_its_time_to_be_made_is_made_all_the_same() {
    let server = serve(P2, &[&KEPT, &["--env", "BEGIN=slowly"][..]].concat());
    let requests: Vec<_> = (0..10).map(|_| request_id(&server)).collect();
    let finished = server.stop(Signal::TERM).expect("an end");
    let made = made(&finished);
    let waited = |id: &String| made.iter().any(|line| line.contains(id));
    assert!(waited(&requests[0]) && !requests.iter().all(waited), "some find an instance: {finished}");
}

#[test]
fn there_is_one_however_many_requests_came_before() {
    // The epoch's tick comes while one is made, sooner or later.
    let server = serve(P2, &KEPT);
    for _ in 0..2000 {
        assert_eq!(text(server.address, "/count"), "1");
    }
    wait_for(admin(&server), LIVE, &[], |live| live >= 1.0);
}

#[test]
fn a_request_that_fails_is_followed_by_none() {
    let server = serve(P2, &KEPT);
    for requests in 1..=3 {
        assert_eq!(get(server.address, "/trap").status(), 500);
        is(&server, CREATED, f64::from(requests));
        is(&server, LIVE, 0.0);
    }
}
