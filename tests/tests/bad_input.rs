//! Bad input ends with one line that says what to do, exit code 1 (2 for wrong usage), and nothing bound.

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

#[track_caller]
fn component_is_refused(content: impl AsRef<[u8]>, parts: &[&str]) {
    let (_folder, path) = file("input.wasm", content);
    let line = refused(&mut catamaran(["serve", text(&path), "--listen", "127.0.0.1:0"]));
    has(&line, &[text(&path)]);
    has(&line, parts);
}

#[test]
fn a_file_that_is_not_there() {
    let line = refused(&mut catamaran(["serve", "/nowhere/input.wasm", "--listen", "127.0.0.1:0"]));
    has(&line, &["/nowhere/input.wasm", "No such file", "build it"]);
    assert!(!line.contains("--build"), "an option that `serve` does not have: {line}");
}

#[test]
fn a_folder_instead_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = refused(&mut catamaran(["serve", text(folder.path()), "--listen", "127.0.0.1:0"]));
    has(&line, &[text(folder.path()), "directory"]);
}

#[test]
fn a_file_that_is_not_wasm() {
    component_is_refused("#!/bin/sh\n", &["not WebAssembly", "component"]);
    component_is_refused("", &["not WebAssembly", "component"]);
}

#[test]
fn a_core_module() {
    let module = wat::parse_str("(module (func (export \"handle\")))").expect("a module");
    component_is_refused(module, &["core", "module", "wasm-tools component new"]);
}

#[test]
fn a_component_that_breaks_off() {
    let whole = fs::read(component(P2)).expect("the component was built");
    component_is_refused(&whole[..whole.len() / 2], &["damaged"]);
}

#[test]
fn a_component_without_a_handler() {
    let other = wat::parse_str("(component (component $c) (export \"example:other/thing\" (component $c)))");
    let names = ["example:other/thing", "wasi:http/incoming-handler@0.2", "wasi:http/handler@0.3"];
    component_is_refused(other.expect("a component"), &names);
}

#[test]
fn a_component_that_imports_what_is_not_provided() {
    component_is_refused(
        handler_that_imports("example:missing/thing@1.0.0"),
        &["`example:missing/thing@1.0.0`", "import"],
    );
}

#[test]
fn a_component_that_imports_an_unknown_interface_of_wasi() {
    component_is_refused(handler_that_imports("wasi:nn/graph@0.2.0"), &["`wasi:nn/graph@0.2.0`", "import"]);
}

/// A component that exports the right handler and imports `interface` as well.
fn handler_that_imports(interface: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (import "{interface}" (instance (export "run" (func))))
            (import "wasi:http/types@0.2.0" (instance $types
                (export "incoming-request" (type (sub resource)))
                (export "response-outparam" (type (sub resource)))))
            (alias export $types "incoming-request" (type $request))
            (alias export $types "response-outparam" (type $outparam))
            (core module $module (func (export "handle") (param i32 i32) unreachable))
            (core instance $instance (instantiate $module))
            (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
                (canon lift (core func $instance "handle")))
            (instance $handler (export "handle" (func $handle)))
            (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))"#
    );
    wat::parse_str(text).expect("a component")
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
fn a_manifest_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = refused(catamaran(["up", "--listen", "127.0.0.1:0"]).current_dir(folder.path()));
    has(&line, &["spin.toml", "No such file", "--from"]);
}

#[test]
fn a_wrong_manifest_is_named_with_its_line_and_key() {
    const RIGHT: &str = "spin_manifest_version = 2\n\n[application]\nname = 'test'\n\n[[trigger.http]]\n\
                         route = '/...'\ncomponent = 'test'\n\n[component.test]\nsource = 'test.wasm'\n";
    for (right, wrong, line, key) in [
        ("name = 'test'", "name = ", 4, "name"),
        ("spin_manifest_version = 2", "", 1, "spin_manifest_version"),
        ("spin_manifest_version = 2", "spin_manifest_version = 1", 1, "spin_manifest_version"),
        ("spin_manifest_version = 2", "spin_manifest_version = '2'", 1, "spin_manifest_version"),
        ("source = 'test.wasm'", "description = 'none'", 10, "source"),
        ("source = 'test.wasm'", "source = 7", 11, "source"),
        ("source = 'test.wasm'", "sorce = 'test.wasm'", 11, "sorce"),
        ("route = '/...'", "", 6, "route"),
        ("route = '/...'", "route = '/:'", 7, "route"),
        ("component = 'test'", "component = 'other'", 8, "other"),
        ("component = 'test'", "component = ['test']", 8, "component"),
        ("[[trigger.http]]", "[[trigger.redis]]", 6, "redis"),
    ] {
        assert!(RIGHT.contains(right));
        let (_folder, path) = file("spin.toml", RIGHT.replacen(right, wrong, 1));
        let message = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
        has(&message, &[&format!("{}:{line}:", path.display()), key]);
    }
}

#[test]
fn what_others_write_in_a_manifest_is_answered_with_how_to_write_it() {
    const RIGHT: &str = "spin_manifest_version = 2\n\n[application]\nname = 'test'\n\n[[trigger.http]]\n\
                         route = '/...'\ncomponent = 'test'\n\n[component.test]\nsource = 'test.wasm'\n";
    const VERSION: &str = "spin_manifest_version = 2";
    const APPLICATION: &str = "[application]\nname = 'test'\n";
    const TRIGGER: &str = "[[trigger.http]]\nroute = '/...'\ncomponent = 'test'\n";
    const COMPONENT: &str = "[component.test]\n";
    const SOURCE: &str = "source = 'test.wasm'\n";
    let version_1 = ["version 1", "`spin_manifest_version = 2`, `name` below [application]"];
    for (right, wrong, line, parts) in [
        ("[[trigger.http]]", "[trigger.http]", 6, ["`trigger.http` is one table", "double brackets, [[trigger.http]]"]),
        (TRIGGER, "", 1, ["there is no [[trigger.http]]", "`route` and a `component`"]),
        (APPLICATION, "", 1, ["there is no [application]", "`name`"]),
        ("name = 'test'", "version = '1'", 3, ["[application] has no `name`", "add it"]),
        (VERSION, "", 1, ["`spin_manifest_version` is missing", "`spin_manifest_version = 2`"]),
        (VERSION, "spin_manifest_version = '2'", 1, ["`spin_manifest_version` must be the number 2", "without quotes"]),
        (VERSION, "spin_manifest_version = 3", 1, ["`spin_manifest_version` is 3", "only version 2"]),
        (VERSION, "spin_manifest_version = '1'", 1, version_1),
        (VERSION, "spin_manifest_version = 1", 1, version_1),
        (VERSION, "spin_version = '1'", 1, version_1),
        (COMPONENT, "[[component]]\nid = 'test'\n", 10, ["`component` is a list", "[component.ID]"]),
        (SOURCE, "description = 's3cr3t'\n", 10, ["[component.test] has no `source`", "add it"]),
        ("route = '/...'\n", "", 6, ["[[trigger.http]] has no `route`", "add it"]),
        (SOURCE, "source = 'a'\nenvironment = { PORT = 8086 }\n", 12, ["`component.test.environment.PORT`", "quotes"]),
        (SOURCE, "source = 'a'\nenvironment = { ON = true }\n", 12, ["`component.test.environment.ON`", "quotes"]),
        (SOURCE, "source = 'a'\n[component.test.environment]\nRATE = 80.86\n", 13, ["environment.RATE`", "quotes"]),
        (SOURCE, "source = 'a'\nvariables = { v = 8086 }\n", 12, ["`component.test.variables.v`", "quotes"]),
        (
            SOURCE,
            "source = 'a'\nallowed_outbound_hosts = 's3cr3t'\n",
            12,
            ["allowed_outbound_hosts` must be a list", "[\"…\"]"],
        ),
        (SOURCE, "source = 'a'\nfiles = 's3cr3t'\n", 12, ["`component.test.files` must be a list", "[\"…\"]"]),
        (
            SOURCE,
            "source = 'a'\nfiles = [{ sorce = 's3cr3t' }]\n",
            12,
            ["unknown key `sorce`", "did you mean `source`?"],
        ),
        (
            SOURCE,
            "source = 'a'\nenviroment = { a = 's3cr3t' }\n",
            12,
            ["unknown key `enviroment` in `component.test`", "did you mean `environment`?"],
        ),
        (SOURCE, "source = 'a'\nbuild = 's3cr3t'\n", 12, ["`component.test.build`", "expected a table"]),
        (SOURCE, "sorce = 'a'\n", 11, ["unknown key `sorce`", "did you mean `source`?"]),
        (
            APPLICATION,
            "[aplication]\nname = 's3cr3t'\n",
            3,
            ["unknown key `aplication`", "did you mean `application`?"],
        ),
        (
            APPLICATION,
            "variables = { foo = 's3cr3t' }\n[application]\nname = 'a'\n",
            3,
            ["`variables.foo` must be a table", "`foo = { default = \"…\" }`"],
        ),
        (
            APPLICATION,
            "[application]\nname = 'a'\n[variables]\nfoo = 8086\n",
            6,
            ["`variables.foo` must be a table", "required = true"],
        ),
        (APPLICATION, "[application]\nname = 'a'\n[variables]\nfoo = s3cr3t\n", 6, ["`foo`", "quoted"]),
    ] {
        assert!(RIGHT.contains(right), "{right}");
        let (_folder, path) = file("spin.toml", RIGHT.replacen(right, wrong, 1));
        let message = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
        has(&message, &[&format!("{}:{line}: ", path.display())]);
        has(&message, &parts);
        assert!(!["s3cr3t", "8086", "80.86"].iter().any(|value| message.contains(value)), "a value: {message}");
    }
}

#[test]
fn a_manifest_of_version_1_is_told_from_a_wrong_one() {
    let text_of = |version: &str| {
        format!(
            "{version}name = 'test'\nversion = '1.0.0'\ntrigger = {{ type = 'http', base = '/' }}\n\n\
             [[component]]\nid = 'test'\nsource = 'test.wasm'\n[component.trigger]\nroute = '/...'\n"
        )
    };
    for (version, line) in [("spin_version = '1'\n", 1), ("spin_manifest_version = '1'\n", 1), ("", 5)] {
        let (_folder, path) = file("spin.toml", text_of(version));
        let message = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
        has(&message, &[&format!("{}:{line}: ", path.display()), "manifest version 1", "[component.ID]", "upgrade"]);
    }
}

fn manifest_with_build(command: &str) -> (TempDir, PathBuf) {
    let text = format!(
        "spin_manifest_version = 2\napplication.name = 'test'\n\
         trigger.http = [{{ route = '/...', component = 'test' }}]\n[component.test]\nsource = 'test.wasm'\n\
         build.command = '{command}'\n"
    );
    file("spin.toml", text)
}

#[test]
fn a_component_that_was_not_built_yet() {
    let (folder, path) = manifest_with_build("true");
    let line = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
    has(&line, &[text(&folder.path().join("test.wasm")), "--build"]);
}

#[test]
fn a_build_command_that_fails() {
    let (_folder, path) = manifest_with_build("echo the reason; exit 7");
    let finished = failed(&mut catamaran(["up", "-f", text(&path), "--build", "--listen", "127.0.0.1:0"]));
    assert!(finished.stderr.lines().any(|line| line == "the reason"), "its own output is lost: {finished}");
    has(&error_line(&finished), &["test", "echo the reason; exit 7", "7"]);
}

#[test]
fn a_build_command_that_makes_nothing() {
    let (folder, path) = manifest_with_build("true");
    let finished = failed(&mut catamaran(["up", "-f", text(&path), "--build", "--listen", "127.0.0.1:0"]));
    has(&error_line(&finished), &[text(&folder.path().join("test.wasm")), "No such file"]);
}

#[test]
fn a_wasm_target_that_is_not_installed() {
    let target = target_that_is_missing();
    let (folder, path) = manifest_with_build(&format!("cargo build --offline --release --target {target}"));
    let package = "[package]\nname = \"test\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(folder.path().join("Cargo.toml"), package).expect("the package is written");
    fs::create_dir(folder.path().join("src")).expect("a folder");
    fs::write(folder.path().join("src/lib.rs"), "pub fn nothing() {}\n").expect("the source is written");
    let finished = failed(&mut catamaran(["up", "-f", text(&path), "--build", "--listen", "127.0.0.1:0"]));
    has(&error_line(&finished), &[target, &format!("rustup target add {target}")]);
}

/// A target of rustc that this machine has no standard library for.
fn target_that_is_missing() -> &'static str {
    let missing = |target: &&str| {
        let output = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
        let folder = String::from_utf8(output.expect("rustc runs").stdout).expect("a path in UTF-8");
        !Path::new(folder.trim()).exists()
    };
    ["wasm32-wasip1-threads", "wasm32v1-none", "s390x-unknown-linux-gnu"]
        .into_iter()
        .find(missing)
        .expect("a target that is missing")
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
fn a_component_that_needs_more_memory_than_it_may_have() {
    let file = text(component(P2));
    let line = refused(&mut catamaran(["serve", file, "--max-instance-memory", "1B", "--listen", "127.0.0.1:0"]));
    has(&line, &[file, "128KiB", "--max-instance-memory"]);
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
