//! Bad input ends with one line that says what to do, exit code 1 (2 for wrong usage), and nothing bound.

mod builds;
mod components;
mod manifests;

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use catamaran_tests::{
    artifacts::{Generation::P2, component},
    process::{Finished, Process},
    server::catamaran,
};
use tempfile::TempDir;

/// Runs the command to its end, and returns the line after `error: ` when it is the only one.
#[track_caller]
fn refused(command: &mut Command) -> String {
    let finished = failed(command);
    assert_eq!(finished.stderr.lines().count(), 1, "more than one line: {finished}");
    error_line(&finished)
}

#[track_caller]
fn failed(command: &mut Command) -> Finished {
    let finished = Process::spawn(command).and_then(Process::wait).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert_eq!(finished.stdout, "", "something was bound: {finished}");
    finished
}

#[track_caller]
fn error_line(finished: &Finished) -> String {
    let last = finished.stderr.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or_else(|| panic!("no line begins with `error: `: {finished}")).to_owned()
}

#[track_caller]
fn has(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "{part:?} is not in: {line}");
    }
}

#[track_caller]
fn usage(command: &mut Command, parts: &[&str]) {
    let finished = Process::spawn(command).and_then(Process::wait).expect("an end");
    assert_eq!(finished.status.code(), Some(2), "{finished}");
    assert_eq!(finished.stdout, "", "something was bound: {finished}");
    has(&finished.stderr, parts);
}

/// A folder with one file in it.
fn file(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("the file is written");
    (folder, path)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn an_address_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let line = refused(&mut catamaran(["serve", text(component(P2)), "--listen", &address]));
    has(&line, &[&address, "in use", "--listen"]);
}

#[test]
fn an_address_of_another_machine() {
    // From the block for documentation (RFC 5737): no machine has it.
    let line = refused(&mut catamaran(["serve", text(component(P2)), "--listen", "192.0.2.1:8000"]));
    has(&line, &["192.0.2.1:8000", "--listen"]);
}

#[test]
fn a_variable_without_a_name_is_not_repeated() {
    let mut command = catamaran(["serve", "guest.wasm"]);
    command.env("CATAMARAN_ENV", "KEY=-----BEGIN\ns3cr3t\n-----END");
    for mut command in [command, catamaran(["serve", "guest.wasm", "--env", "s3cr3t"])] {
        let finished = Process::spawn(&mut command).and_then(Process::wait).expect("an end");
        assert_eq!(finished.status.code(), Some(2), "{finished}");
        assert!(finished.stderr.contains("--env <KEY=VALUE>") && !finished.stderr.contains("s3cr3t"), "{finished}");
    }
}

#[test]
fn an_address_that_is_none() {
    usage(&mut catamaran(["serve", "input.wasm", "--listen", "localhost"]), &["--listen", "localhost"]);
    usage(&mut catamaran(["serve", "input.wasm", "--listen", "127.0.0.1:65536"]), &["--listen", "65536"]);
    let example = "such as 127.0.0.1:8000";
    usage(catamaran(["serve", "input.wasm"]).env("CATAMARAN_LISTEN", "8000"), &["--listen", example]);
    usage(&mut catamaran(["up", "--admin-listen", "localhost:8000"]), &["--admin-listen", "IP address", example]);
    usage(&mut catamaran(["healthcheck", "--listen", "8000"]), &["--listen", "ADDRESS:PORT", example]);
}

#[test]
fn a_size_or_a_time_that_is_none_or_too_much() {
    for option in ["--max-header-size", "--http2-stream-window", "--http2-connection-window", "--max-log-line"] {
        usage(&mut catamaran(["up", option, "0"]), &[option, "0 is no size: write one from 1B on"]);
    }
    for option in ["--max-body", "--min-body-rate", "--request-timeout"] {
        let zero = if option == "--request-timeout" { "0s" } else { "0B" };
        usage(&mut catamaran(["up", option, zero]), &[option, "0 is no bound: write `unlimited` to lift it"]);
    }
    usage(&mut catamaran(["up", "--http2-stream-window", "2GiB"]), &["at most 2147483647B"]);
    usage(&mut catamaran(["up", "--max-body", "99999999999GiB"]), &["no machine has as much", "`unlimited`"]);
    usage(&mut catamaran(["up", "--drain-timeout", "99999999999999999999s"]), &["more than a century"]);
}

#[test]
fn a_number_a_network_or_a_port_that_is_none() {
    for option in ["--max-concurrent-requests", "--max-concurrent-connections", "--max-outbound-connections"] {
        usage(&mut catamaran(["up", option, "0"]), &[option, "write a number from 1 on"]);
    }
    usage(&mut catamaran(["up", "--outbound-network", "lan"]), &["--outbound-network", "such as 10.0.0.0/8"]);
    let url = "http://127.0.0.1:99999/healthz";
    usage(&mut catamaran(["healthcheck", "--url", url]), &["--url", "up to 65535"]);
}

#[test]
fn what_other_commands_take_is_answered_with_what_does_the_same() {
    usage(&mut catamaran(["up", "c.wasm"]), &["c.wasm", "'catamaran serve c.wasm'"]);
    usage(&mut catamaran(["up", "spin.toml"]), &["'--from spin.toml'"]);
    usage(&mut catamaran(["up", "/"]), &["'catamaran up --from /'"]);
    usage(&mut catamaran(["up", "--env", "A=b"]), &["--env", "`environment`", "SPIN_VARIABLE_NAME"]);
    usage(&mut catamaran(["up", "--variable", "a=b"]), &["--variable", "SPIN_VARIABLE_NAME"]);
    usage(&mut catamaran(["serve", "c.wasm", "--port", "80"]), &["--port", "'--listen 127.0.0.1:PORT'"]);
    usage(&mut catamaran(["serve", "c.wasm", "--port=80"]), &["--port", "'--listen 127.0.0.1:PORT'"]);
    usage(&mut catamaran(["serve", "--from", "spin.toml"]), &["'catamaran up --from FILE'"]);
    usage(&mut catamaran(["build"]), &["'catamaran up --build'"]);
    usage(&mut catamaran(["version"]), &["'catamaran --version'"]);
    usage(&mut catamaran(["serve", "c.wasm", "--dir", "."]), &["--dir", "`files`", "'catamaran up'"]);
    usage(&mut catamaran(["up", "--memory", "1GiB"]), &["--memory", "'--max-instance-memory 128MiB'"]);
    usage(&mut catamaran(["serve", "-S", "cli", "c.wasm"]), &["-S", "leave it out"]);
    let line = refused(&mut catamaran(["serve", "spin.toml", "--listen", "127.0.0.1:0"]));
    has(&line, &["is a manifest", "`catamaran up --from spin.toml`"]);
    let line = refused(&mut catamaran(["up", "--from", "c.wasm", "--listen", "127.0.0.1:0"]));
    has(&line, &["no manifest", "`catamaran serve c.wasm`"]);
}

#[test]
fn an_option_that_only_looks_alike_is_not_named_beside_what_does_the_same() {
    let finished = Process::spawn(&mut catamaran(["serve", "c.wasm", "--dir", "."])).and_then(Process::wait);
    let finished = finished.expect("an end");
    assert!(!finished.stderr.contains("a similar argument"), "{finished}");
}

#[test]
fn a_switch_in_the_environment_is_yes_or_no() {
    usage(catamaran(["up"]).env("CATAMARAN_WATCH", "perhaps"), &["--watch", "perhaps"]);
}

#[test]
fn a_variable_without_a_value() {
    usage(&mut catamaran(["serve", "input.wasm", "--env", "NAME"]), &["--env", "KEY=VALUE"]);
    usage(&mut catamaran(["serve", "input.wasm", "--env", "=value"]), &["--env", "KEY=VALUE"]);
}

#[test]
fn no_arguments() {
    usage(&mut catamaran([]), &["serve", "up", "Usage"]);
    usage(&mut catamaran(["serve"]), &["COMPONENT"]);
}

#[test]
fn an_option_that_is_none() {
    usage(&mut catamaran(["serve", "input.wasm", "--lisen", "127.0.0.1:0"]), &["--lisen", "--listen"]);
}
