//! Which requests share an instance, and what one can see of another.

use catamaran_tests::{
    artifacts::Generation::{self, P2, P3},
    http::get,
    metrics::wait_for,
    misbehaving::{serve, text},
    process::{Signal, run},
    server::{Server, admin, catamaran},
};

fn counts(server: &Server, requests: usize) -> Vec<String> {
    (0..requests).map(|_| text(server.address, "/count")).collect()
}

#[test]
fn a_0_2_component_gets_a_fresh_instance_for_every_request() {
    assert_eq!(counts(&serve(P2, &[]), 3), ["1", "1", "1"]);
}

#[test]
fn an_instance_answers_as_many_requests_as_it_may() {
    assert_eq!(counts(&serve(P2, &["--max-instance-reuse-count", "3"]), 4), ["1", "2", "3", "1"]);
    let counts = counts(&serve(P3, &["--max-instance-reuse-count", "3"]), 30);
    assert_eq!(counts.iter().max().map(String::as_str), Some("3"), "{counts:?}");
    assert_eq!(self::counts(&serve(P3, &["--max-instance-reuse-count", "1"]), 3), ["1", "1", "1"]);
}

#[test]
fn an_instance_that_failed_is_never_used_again() {
    for generation in [P2, P3] {
        let server = serve(generation, &["--max-instance-reuse-count", "100", "--request-timeout", "300ms"]);
        for path in ["/trap", "/loop", "/sleep", "/allocate", "/recurse", "/resources"] {
            while text(server.address, "/count") == "1" {}
            assert!(get(server.address, path).status().is_server_error(), "{path}");
            assert_eq!(text(server.address, "/count"), "1", "{generation:?}: after {path}");
        }
    }
}

#[test]
fn an_instance_that_was_refused_memory_is_never_used_again() {
    for generation in [P2, P3] {
        let server = serve(generation, &["--max-instance-reuse-count", "100"]);
        while text(server.address, "/count") == "1" {}
        assert_eq!(text(server.address, "/ask"), "refused");
        assert_eq!(text(server.address, "/count"), "1", "{generation:?}");
    }
}

#[test]
fn an_idle_instance_goes_after_its_time() {
    let options = ["--admin-listen", "127.0.0.1:0", "--max-instance-reuse-count", "100", "--idle-instance-timeout"];
    let short = serve(P2, &[options.as_slice(), &["50ms"]].concat());
    let long = serve(P2, &[options.as_slice(), &["1h"]].concat());
    let live = |server: &Server, count: f64| {
        wait_for(admin(server), "catamaran_instances", &[], |instances| instances == count);
    };
    assert_eq!((text(short.address, "/count"), text(long.address, "/count")), ("1".to_owned(), "1".to_owned()));
    live(&short, 0.0);
    live(&long, 1.0);
    assert_eq!((text(short.address, "/count"), text(long.address, "/count")), ("1".to_owned(), "2".to_owned()));
}

#[test]
fn nothing_that_a_request_wrote_to_memory_is_seen_by_the_next() {
    // The pool keeps pages of instances that are gone: they must be clean.
    for (generation, options) in [(P2, &[][..]), (P3, &["--max-instance-reuse-count", "1"])] {
        let server = serve(generation, options);
        let before = text(server.address, "/find-secret");
        for _ in 0..20 {
            let written: usize = text(server.address, "/write-secret").parse().expect("a number");
            assert!(written >= 32 << 10, "{written}");
            assert_eq!(text(server.address, "/find-secret"), before, "{generation:?}");
        }
    }
}

#[test]
fn a_reused_instance_sees_what_it_wrote() {
    // Without this the test above could pass for the wrong reason.
    let server = serve(P2, &["--max-instance-reuse-count", "100"]);
    text(server.address, "/write-secret");
    let found: usize = text(server.address, "/find-secret").parse().expect("a number");
    assert!(found >= 32 << 10, "{found}");
}

#[test]
fn an_instance_answers_one_request_at_a_time() {
    let file = catamaran_tests::artifacts::guest_for(P3).to_str().expect("a path in UTF-8");
    let finished = run(&mut catamaran(["serve", file, "--max-instance-concurrent-reuse-count", "16"]));
    assert_eq!(finished.status.code(), Some(2), "{finished}");
    assert!(finished.stderr.contains("one request at a time") && finished.stderr.contains("write 1"), "{finished}");
}

#[test]
fn idle_instances_of_one_component_leave_room_for_the_others() {
    // The pool has two slots for each request at once: one for it, one for an idle instance.
    leave_room(P3);
}

#[test]
fn instances_of_one_component_that_are_ready_leave_room_for_the_others() {
    leave_room(P2);
}

#[test]
fn idle_instances_of_one_generation_leave_room_for_the_other() {
    let (server, _folder) = with_room_for_one_idle_instance(&[("old", P2), ("new", P3)]);
    let created = |component, number| {
        wait_for(admin(&server), "catamaran_instances_created_total", &[component], |value| value == number);
    };
    assert_eq!(get(server.address, "/new").status(), 200);
    created("component=\"new\"", 1.0);
    assert_eq!(get(server.address, "/old").status(), 200);
    // The second is made ahead.
    created("component=\"old\"", 2.0);
}

/// Asks three components in turn.
fn leave_room(generation: Generation) {
    let (server, _folder) = with_room_for_one_idle_instance(&["a", "b", "c"].map(|name| (name, generation)));
    for _ in 0..4 {
        for path in ["/a", "/b", "/c"] {
            assert_eq!(get(server.address, path).status(), 200, "{path}");
        }
    }
}

/// A server of these components, each on its name.
fn with_room_for_one_idle_instance(components: &[(&str, Generation)]) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    let mut text = "spin_manifest_version = 2\napplication.name = 'test'\n".to_owned();
    for &(name, generation) in components {
        let file = catamaran_tests::artifacts::guest_for(generation).display();
        text += &format!("[[trigger.http]]\nroute = '/{name}'\ncomponent = '{name}'\n");
        text += &format!("[component.{name}]\nsource = '{file}'\n");
    }
    std::fs::write(&manifest, text).expect("written");
    let manifest = manifest.to_str().expect("a path in UTF-8");
    let mut command = catamaran(["up", "-f", manifest, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    command.args(["--max-concurrent-requests", "1", "--idle-instance-timeout", "1h"]);
    (Server::start(&mut command).expect("a server"), folder)
}

/// A component without a response. It traps when its global, its table, its memory or the numbers of its handles are not
/// those of a fresh instance, and leaves other ones behind.
const LEAVES_TRACES: &str = r#"
(component
  (import "wasi:http/types@0.2.0" (instance $types
    (export "incoming-request" (type (sub resource)))
    (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $outparam))
  (core func $drop-request (canon resource.drop $request))
  (core func $drop-outparam (canon resource.drop $outparam))
  (core module $module
    (import "host" "drop-request" (func $drop-request (param i32)))
    (import "host" "drop-outparam" (func $drop-outparam (param i32)))
    (memory 2)
    (table $table 8 funcref)
    (global $global (mut i32) (i32.const 0))
    (func $function)
    (elem declare func $function)
    (func (export "handle") (param $request i32) (param $outparam i32)
      (if (i32.or (i32.ne (local.get $request) (i32.const 1)) (i32.ne (local.get $outparam) (i32.const 2)))
        (then unreachable))
      (if (global.get $global) (then unreachable))
      (if (i32.eqz (ref.is_null (table.get $table (i32.const 7)))) (then unreachable))
      (if (i32.load (i32.const 70000)) (then unreachable))
      (global.set $global (i32.const 1))
      (table.set $table (i32.const 7) (ref.func $function))
      (i32.store (i32.const 70000) (i32.const 1))
      (call $drop-request (local.get $request))
      (call $drop-outparam (local.get $outparam))))
  (core instance $host
    (export "drop-request" (func $drop-request))
    (export "drop-outparam" (func $drop-outparam)))
  (core instance $instance (instantiate $module (with "host" (instance $host))))
  (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
    (canon lift (core func $instance "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))
"#;

#[test]
fn nothing_that_a_request_left_in_globals_tables_or_handles_is_seen_by_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("traces.wasm");
    std::fs::write(&file, wat::parse_str(LEAVES_TRACES).expect("a component")).expect("written");
    let file = file.to_str().expect("a path in UTF-8");
    let server = Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"])).expect("a server");
    for _ in 0..20 {
        assert_eq!(get(server.address, "/").status(), 500);
    }
    let finished = server.stop(Signal::TERM).expect("an end");
    assert_eq!(finished.stderr.matches("reason=\"no_response\"").count(), 20, "{finished}");
}
