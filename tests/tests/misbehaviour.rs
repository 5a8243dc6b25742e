//! Guests that misbehave before their response: the client gets an honest error, the log the reason, and the next
//! request an answer.

use bytes::Bytes;
use catamaran_tests::{
    artifacts::Generation::{self, P2, P3},
    http::{Protocol, get, send_and_wait},
    misbehaving::{is_problem, logged, serve, text},
};
use http::Request;

const BOTH: &[Generation] = &[P2, P3];

/// `path` gets a problem with `status`, the log has `words`, and the next request is answered.
fn fails(generations: &[Generation], options: &[&str], path: &str, status: u16, words: &[&str]) {
    for &generation in generations {
        let server = serve(generation, options);
        is_problem(&get(server.address, path), status);
        for words in words {
            logged(&server, words);
        }
        assert_eq!(text(server.address, "/hello"), "hello", "{generation:?}");
    }
}

#[test]
fn a_trap_before_the_response_is_500_and_its_backtrace_is_in_the_log() {
    fails(BOTH, &[], "/trap", 500, &["failed (unreachable)", "    at 0x", "reason=\"unreachable\""]);
}

#[test]
fn a_guest_that_loops_is_interrupted_at_the_deadline() {
    fails(BOTH, &["--request-timeout", "300ms"], "/loop", 504, &["no response within 300ms", "reason=\"deadline\""]);
}

#[test]
fn a_guest_that_waits_is_ended_at_the_deadline() {
    fails(BOTH, &["--request-timeout", "300ms"], "/sleep", 504, &["no response within 300ms"]);
}

#[test]
fn a_timed_out_call_is_dropped_without_a_panic() {
    // RUSTSEC-2026-0022.
    for &generation in BOTH {
        let server = serve(generation, &["--request-timeout", "50ms"]);
        for _ in 0..20 {
            for path in ["/sleep", "/loop"] {
                is_problem(&get(server.address, path), 504);
            }
        }
        let finished = server.stop(catamaran_tests::process::Signal::TERM).expect("an end");
        assert!(finished.status.success() && !finished.stderr.contains("panicked"), "{finished}");
    }
}

#[test]
fn a_guest_that_takes_a_gibibyte_is_refused_it() {
    let words = ["asked for more memory than 128MiB", "reason=\"memory\""];
    fails(BOTH, &[], "/allocate", 500, &words);
}

#[test]
fn recursion_without_end_is_500() {
    fails(BOTH, &[], "/recurse", 500, &["call stack exhausted", "reason=\"stack\""]);
}

#[test]
fn a_guest_that_opens_resources_without_end_is_500() {
    // RUSTSEC-2026-0020.
    fails(BOTH, &[], "/resources", 500, &["reason=\"resources\""]);
}

#[test]
fn header_fields_without_end_do_not_panic_the_host() {
    // RUSTSEC-2026-0021. WASI 0.2 has no error for it, so the guest traps; in 0.3 it is told.
    fails(&[P2], &[], "/fields", 500, &["total size of fields exceeds limit"]);
    let server = serve(P3, &[]);
    let answer = text(server.address, "/fields");
    assert!(answer.starts_with("refused after "), "{answer}");
}

#[test]
fn random_bytes_are_bounded_by_the_host() {
    fails(&[P2], &[], "/random", 500, &["requested len 33554432 exceeds limit 1048576"]);
    // WASI 0.3 lets the host give fewer.
    assert_eq!(text(serve(P3, &[]).address, "/random"), "1048576");
}

#[test]
fn a_guest_that_never_sets_a_response_is_500() {
    fails(&[P2], &[], "/no-response", 500, &["ended without setting a response", "reason=\"no_response\""]);
}

#[test]
fn a_guest_that_sets_its_response_twice_has_not_answered() {
    let server = serve(P2, &[]);
    let request = Request::get("/twice").body(Bytes::new()).expect("a request");
    // The host may have begun to send the first when the guest sets the second.
    match send_and_wait(server.address, Protocol::Http1, request) {
        Ok(answer) => is_problem(&answer, 500),
        Err(error) => assert!(!error.contains("no answer after"), "it did not break off: {error}"),
    }
    logged(&server, "unknown handle index");
    logged(&server, "reason=\"host\"");
    assert_eq!(text(server.address, "/hello"), "hello");
}

#[test]
fn a_guest_that_answers_with_an_error_code_is_500() {
    fails(BOTH, &[], "/refuse", 500, &["ConfigurationError", "reason=\"refused\""]);
}

#[test]
fn an_interim_status_is_no_response() {
    fails(BOTH, &[], "/interim", 500, &["103 Early Hints", "reason=\"interim_status\""]);
}

#[test]
fn a_guest_works_on_after_its_response_and_the_end_of_the_server_waits_for_it() {
    for &generation in BOTH {
        let server = serve(generation, &[]);
        assert_eq!(text(server.address, "/after"), "hello");
        let finished = server.stop(catamaran_tests::process::Signal::TERM).expect("an end");
        assert!(finished.status.success() && finished.stderr.contains("done"), "{generation:?}: {finished}");
    }
}

#[test]
fn a_guest_that_works_on_forever_after_its_response_is_ended_at_the_deadline() {
    for &generation in BOTH {
        let server = serve(generation, &["--request-timeout", "300ms", "--max-concurrent-requests", "1"]);
        assert_eq!(text(server.address, "/after-forever"), "hello");
        logged(&server, "reason=\"post_return\"");
        // Its place is free again.
        assert_eq!(text(server.address, "/hello"), "hello");
    }
}

#[test]
fn a_guest_that_flushes_more_at_once_than_wasi_allows_is_told_how_much_that_is() {
    fails(&[P2], &[], "/flush-too-much", 500, &["blocking-write-and-flush takes 4096 bytes at most, not 4097"]);
}
