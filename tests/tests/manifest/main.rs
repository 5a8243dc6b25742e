//! What a manifest asks for is given, or refused with its line and key: nothing is left out without a word.

mod files;
mod routes;
mod variables;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use catamaran_tests::{
    artifacts::application_component,
    http::get,
    process::{Finished, Process, Signal, Stream},
    server::{Server, catamaran},
};
use tempfile::TempDir;

const HEAD: &str = "spin_manifest_version = 2\napplication.name = 'test'\n";
const TRIGGER: &str = "[[trigger.http]]\nroute = '/...'\ncomponent = 'test'\n";

fn manifest(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spin.toml");
    fs::write(&path, text.replace("SOURCE", &application_component().display().to_string())).expect("the manifest");
    (folder, path)
}

fn up(path: &Path) -> Command {
    catamaran(["up", "--listen", "127.0.0.1:0", "--from", path.to_str().expect("a path in UTF-8")])
}

#[track_caller]
fn refused(command: &mut Command) -> String {
    let finished: Finished = Process::spawn(command).and_then(Process::wait).expect("an end");
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert_eq!(finished.stdout, "", "something was bound: {finished}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished}");
    finished.stderr
}

#[track_caller]
fn text(server: &Server, path: &str) -> String {
    String::from_utf8_lossy(get(server.address, path).body()).into_owned()
}

#[test]
fn what_is_not_provided_is_refused_with_its_line_and_what_to_do() {
    let component = format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n");
    let trigger = |line: &str| format!("{HEAD}[[trigger.http]]\nroute = '/...'\n{line}\n");
    for (text, line, parts) in [
        (format!("{component}key_value_stores = ['default']"), 8, ["key_value_stores", "leave it out"]),
        (format!("{component}sqlite_databases = ['default']"), 8, ["sqlite_databases", "leave it out"]),
        (format!("{component}ai_models = ['llama2-chat']"), 8, ["ai_models", "leave it out"]),
        (format!("{component}allowed_http_hosts = ['a']"), 8, ["allowed_http_hosts", "allowed_outbound_hosts"]),
        (format!("{component}dependencies_inherit_configuration = true"), 8, ["dependencies_inherit", "compose"]),
        (format!("{component}[component.test.dependencies]\n'a:b/c' = '1.0'"), 8, ["dependencies", "compose"]),
        (format!("{component}nonsense = 1"), 8, ["nonsense", "expected one of"]),
        (
            format!("{component}[[trigger.redis]]\nchannel = 'a'\ncomponent = 'test'"),
            8,
            ["trigger.redis", "trigger.http"],
        ),
        (
            component.replace("'SOURCE'", "{ url = 'https://a/b.wasm', digest = 'sha256:00' }"),
            7,
            ["source", "fetch it"],
        ),
        (
            component.replace("'SOURCE'", "{ registry = 'a', package = 'b:c', version = '1.0.0' }"),
            7,
            ["source", "fetch it"],
        ),
        (component.replace("route = '/...'", "route = { private = true }"), 4, ["private", "http://self"]),
        (component.replace("route = '/...'", "route = '/.../a'"), 4, ["/.../a", "last segment"]),
        (trigger("static_response = { status_code = 100 }"), 5, ["status_code", "200 to 599"]),
        (trigger("static_response = { status = 302 }"), 5, ["`status`", "`status_code`"]),
        (trigger("static_response = { headers = { 'Content-Length' = '1' } }"), 5, ["Content-Length", "leave it out"]),
        (trigger("static_response = { headers = { 'a b' = '1' } }"), 5, ["static_response", "`a b`"]),
        (trigger("component = 'test'\nstatic_response = { body = 'a' }"), 6, ["static_response", "keep one"]),
        (trigger(""), 4, ["/...", "add one"]),
        (trigger("component = 'test'\nexecutor = { type = 'wagi' }"), 6, ["wagi", "wasi:http"]),
        (trigger("component = 'other'"), 5, ["other", "[component.other]"]),
        (
            format!("{HEAD}[application.trigger.http]\nbase = '/a'\n{TRIGGER}[component.test]\nsource = 'SOURCE'"),
            4,
            ["base", "routes"],
        ),
        (
            format!("{HEAD}[application.trigger.redis]\naddress = 'a'\n{TRIGGER}[component.test]\nsource = 'SOURCE'"),
            4,
            ["trigger.redis.address", "triggers of HTTP"],
        ),
        (
            component.replace("test'\nsource", "te_st'\nsource").replace("[component.test]", "[component.te_st]"),
            6,
            ["te_st", "hyphens"],
        ),
        (format!("{component}allowed_outbound_hosts = ['example.com']"), 8, ["allowed_outbound_hosts", "scheme"]),
        (
            format!("{component}allowed_outbound_hosts = ['http://a.spin.internal']"),
            8,
            ["spin.internal", "http://self"],
        ),
        (format!("{component}environment = {{ 'A=B' = 'c' }}"), 8, ["environment", "A=B"]),
        (format!("{component}environment = {{ '' = 'c' }}"), 8, ["environment", "a letter"]),
        (format!("{component}files = ['nothing/*']"), 8, ["nothing/*", "names no file"]),
        (format!("{component}files = [{{ source = 'nothing', destination = '/' }}]"), 8, ["nothing", "not there"]),
        (format!("{component}files = ['../*']"), 8, ["../*", "within the folder"]),
    ] {
        let (_folder, path) = manifest(&text);
        let message = refused(&mut up(&path));
        let place = format!("error: {}:{line}: ", path.display());
        assert!(message.starts_with(&place), "not {place}: {message}\n{text}");
        assert!(parts.iter().all(|part| message.contains(part)), "{parts:?}: {message}");
    }
}

#[test]
fn what_is_empty_or_for_others_is_no_reason_to_refuse() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}application.targets = ['spin-up:4.0']\n[application.tool.lint]\nlevel = 1\n{TRIGGER}\
         executor = {{ type = 'http' }}\n[component.test]\nsource = 'SOURCE'\nkey_value_stores = []\nai_models = []\n\
         targets = ['spin-up:4.0']\ndependencies_inherit_configuration = false\n[component.test.tool.x]\na = 1\n"
    ));
    assert_eq!(get(Server::start(&mut up(&path)).expect("a server").address, "/headers").status(), 200);
}

/// Starts the application and waits for a line of its log that begins with this line of the manifest and has all parts.
#[track_caller]
fn warned(command: &mut Command, path: &Path, line: usize, parts: &[&str]) -> Server {
    let server = Server::start(command).expect("a server");
    let place = format!(" {}:{line}: ", path.display());
    let has = |stream, text: &str| {
        let all = text.contains("WARN") && text.contains(&place) && parts.iter().all(|part| text.contains(part));
        (stream == Stream::Stderr && all).then_some(())
    };
    server.process.wait_for_line(has).unwrap_or_else(|error| panic!("{place}{parts:?}: {error}"));
    server
}

#[test]
fn a_warning_is_not_repeated_whenever_the_manifest_is_looked_at() {
    let (_folder, path) =
        manifest(&format!("{HEAD}{}[component.test]\nsource = 'SOURCE'\n", TRIGGER.replace("/...", "api")));
    let server = warned(up(&path).arg("--watch"), &path, 4, &["`/api`"]);
    // It has looked at it three times at least when it has loaded it again.
    fs::write(&path, fs::read_to_string(&path).expect("a manifest") + "\n").expect("written");
    let reloaded = |stream, line: &str| (stream == Stream::Stderr && line.ends_with(": reloaded")).then_some(());
    server.process.wait_for_line(reloaded).expect("a reload");
    let log = server.stop(Signal::TERM).expect("an end");
    assert_eq!(log.stderr.matches("`/api`").count(), 2, "{log}");
}

#[test]
fn inspect_warns_of_the_same() {
    let (_folder, path) =
        manifest(&format!("{HEAD}{}[component.test]\nsource = 'SOURCE'\n", TRIGGER.replace("/...", "api")));
    let finished = catamaran_tests::process::run(&mut catamaran(["inspect", path.to_str().expect("a path in UTF-8")]));
    assert!(finished.status.success(), "{finished}");
    assert!(finished.stderr.starts_with("warning: ") && finished.stderr.contains(":4: the route `api`"), "{finished}");
}

#[test]
fn a_request_to_load_again_before_the_first_load_ends_nothing() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n[component.test.build]\ncommand = 'kill -HUP $PPID'\n"
    ));
    let server = Server::start(up(&path).arg("--build")).expect("a server");
    let reloaded = |stream, line: &str| (stream == Stream::Stderr && line.ends_with(": reloaded")).then_some(());
    server.process.wait_for_line(reloaded).expect("a reload");
    assert_eq!(get(server.address, "/headers").status(), 200);
}

#[test]
fn build_without_any_build_command_says_so_and_serves() {
    let (_folder, path) = manifest(&format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n"));
    let server = Server::start(up(&path).arg("--build")).expect("a server");
    let warned = |stream, line: &str| {
        (stream == Stream::Stderr && line.contains("--build") && line.contains("[component.ID.build]")).then_some(())
    };
    server.process.wait_for_line(warned).expect("a warning");
    assert_eq!(get(server.address, "/headers").status(), 200);
}
