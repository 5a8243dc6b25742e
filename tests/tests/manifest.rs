//! What a manifest asks for is given, or refused with its line and key: nothing is left out without a word.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use catamaran_tests::{
    artifacts::{application, application_component},
    http::{Protocol, get, send_and_wait},
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
fn a_component_that_no_trigger_names_is_not_loaded_and_named_in_the_log() {
    let text =
        format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n[component.spare]\nsource = 'nowhere.wasm'\n");
    let (_folder, path) = manifest(&text);
    let server = warned(&mut up(&path), &path, 8, &["`spare`", "neither built nor loaded"]);
    assert_eq!(get(server.address, "/headers").status(), 200);
}

#[test]
fn a_route_that_is_written_as_elsewhere_works_as_in_spin_and_is_warned_of() {
    for (route, path, parts) in [
        ("api", "/api", ["`api`", "`/api`"]),
        ("/g/*", "/g/a/b", ["`/g/*`", "`/g/...`"]),
        ("/u/{id}", "/u/{id}", ["`/u/{id}`", "`:id`"]),
    ] {
        let trigger = TRIGGER.replace("/...", route);
        let component = "[component.test]\nsource = 'SOURCE'\nvariables = { id = 'found' }\n";
        // Beside it one that is written well, and not warned of.
        let right = "[[trigger.http]]\nroute = '/right/:id/...'\ncomponent = 'test'\n";
        let (_folder, file) = manifest(&format!("{HEAD}{right}{trigger}{component}"));
        let server = warned(&mut up(&file), &file, 7, &parts);
        assert_ne!(get(server.address, path).status(), 404, "{route}");
        assert_eq!(get(server.address, "/u/1").status(), 404, "{route}");
        let log = server.stop(Signal::TERM).expect("an end");
        assert_eq!(log.stderr.matches("WARN").count(), 1, "{log}");
    }
}

#[test]
fn a_route_that_no_path_can_match_is_warned_of() {
    for (route, shown) in [("/a?b", "`?`"), ("/a#b", "`#`"), ("/a b", "` `"), ("/\u{e9}t\u{e9}", "`\\u{e9}`")] {
        let text = format!("{HEAD}{TRIGGER}[[trigger.http]]\nroute = '{route}'\ncomponent = 'test'\n");
        let (_folder, path) = manifest(&format!("{text}[component.test]\nsource = 'SOURCE'\n"));
        warned(&mut up(&path), &path, 7, &["matches no request", shown]);
    }
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

#[test]
fn a_static_response_is_answered_without_a_component() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n[[trigger.http]]\nroute = '/old/:name'\n\
         static_response = {{ status_code = 302, headers = {{ Location = '/new', X-By = 'manifest' }} }}\n\
         [[trigger.http]]\nroute = '/fixed'\nstatic_response = {{ body = 'as it stands' }}\n"
    ));
    let server = Server::start(&mut up(&path)).expect("a server");
    let moved = get(server.address, "/old/page");
    assert_eq!((moved.status().as_u16(), moved.headers()["location"].as_bytes()), (302, &b"/new"[..]), "{moved:?}");
    assert!(moved.headers()["x-by"] == "manifest" && moved.body().is_empty(), "{moved:?}");
    assert_eq!(text(&server, "/fixed"), "as it stands");
    let head = http::Request::head("/fixed").body(Default::default()).expect("a request");
    let head = send_and_wait(server.address, Protocol::Http1, head).expect("an answer");
    assert!(head.status() == 200 && head.headers()["content-length"] == "12" && head.body().is_empty(), "{head:?}");
    // The component goes on answering beside them.
    assert_eq!(get(server.address, "/headers").status(), 200);
}

#[test]
fn a_manifest_of_static_responses_alone_needs_no_component() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}[[trigger.http]]\nroute = '/...'\nstatic_response = {{ status_code = 503, body = 'closed' }}\n"
    ));
    let server = Server::start(&mut up(&path)).expect("a server");
    let answer = get(server.address, "/any/path");
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (503, &b"closed"[..]));
}

#[test]
fn a_folder_of_variables_that_is_not_there_is_named() {
    let (folder, path) = manifest(&format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n"));
    let missing = folder.path().join("missing");
    let message = refused(up(&path).arg("--variables-dir").arg(&missing));
    assert!(message.contains("--variables-dir") && message.contains(&missing.display().to_string()), "{message}");
    let message = refused(up(&path).arg("--variables-dir").arg(&path));
    assert!(message.contains("no folder"), "{message}");
}

#[test]
fn a_component_may_be_written_in_its_trigger() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}[[trigger.http]]\nroute = '/...'\ncomponent = {{ source = 'SOURCE', variables = {{ a = 'inline' }} }}\n"
    ));
    assert_eq!(text(&Server::start(&mut up(&path)).expect("a server"), "/variable?a"), "inline");
}

#[test]
fn the_most_specific_route_answers_whatever_the_order() {
    let component = |id: &str| format!("[component.{id}]\nsource = 'SOURCE'\nvariables = {{ id = '{id}' }}\n");
    let trigger = |route: &str, id: &str| format!("[[trigger.http]]\nroute = '{route}'\ncomponent = '{id}'\n");
    let (_folder, path) = manifest(&format!(
        "{HEAD}{}{}{}{}{}{}{}{}",
        trigger("/...", "all"),
        trigger("/variable/...", "below"),
        trigger("/variable/:name", "named"),
        trigger("/variable/exact", "exact"),
        component("all"),
        component("below"),
        component("named"),
        component("exact"),
    ));
    let server = Server::start(&mut up(&path)).expect("a server");
    for (path, id) in [
        ("/variable/exact?id", "exact"),
        ("/variable/exact/?id", "exact"),
        ("/variable/other?id", "named"),
        ("/variable/other/more?id", "below"),
        ("/variable?id", "below"),
    ] {
        assert_eq!(text(&server, path), id, "{path}");
    }
    assert!(text(&server, "/headers/a").contains("spin-matched-route: /...\n"));
}

/// A manifest with a variable of each kind.
fn variables() -> (TempDir, PathBuf) {
    manifest(&format!(
        "{HEAD}[variables]\nplain = {{ default = 'default' }}\nkey = {{ required = true, secret = true }}\n{TRIGGER}\
         [component.test]\nsource = 'SOURCE'\nvariables = {{ plain = 'p-{{{{ plain }}}}', key = '{{{{key}}}}' }}\n\
         allowed_outbound_hosts = ['http://{{{{ key }}}}']\n"
    ))
}

#[test]
fn a_variable_comes_from_a_file_then_the_environment_then_its_default() {
    let (folder, path) = variables();
    let directory = folder.path().join("values");
    fs::create_dir(&directory).expect("a folder");
    fs::write(directory.join("key"), "from-file\n").expect("a file");
    let server = Server::start(up(&path).env("SPIN_VARIABLE_KEY", "from-env")).expect("a server");
    assert_eq!(
        (text(&server, "/variable?plain"), text(&server, "/variable?key")),
        ("p-default".into(), "from-env".into())
    );
    let mut command = up(&path);
    command
        .env("SPIN_VARIABLE_KEY", "from-env")
        .env("SPIN_VARIABLE_PLAIN", "set")
        .arg("--variables-dir")
        .arg(&directory);
    let server = Server::start(&mut command).expect("a server");
    assert_eq!(
        (text(&server, "/variable?plain"), text(&server, "/variable?key")),
        ("p-set".into(), "from-file".into())
    );
}

#[test]
fn a_variable_without_a_value_is_named_with_what_to_do() {
    let (_folder, path) = variables();
    let message = refused(&mut up(&path));
    assert!(message.starts_with(&format!("error: {}:5: ", path.display())), "{message}");
    assert!(message.contains("SPIN_VARIABLE_KEY") && message.contains("--variables-dir"), "{message}");
}

#[test]
fn a_secret_is_in_no_log_and_in_no_error() {
    let (_folder, path) = variables();
    let secret = "s3cr3t/with/a/path";
    // As a host it is no pattern: the error must name the template, not its value.
    let message = refused(up(&path).env("SPIN_VARIABLE_KEY", secret).env("RUST_LOG", "off"));
    assert!(message.contains("{{ key }}") && !message.contains("s3cr3t"), "{message}");

    let mut command = up(&path);
    let server = Server::start(command.env("SPIN_VARIABLE_KEY", "s3cr3t").env("RUST_LOG", "trace")).expect("a server");
    assert_eq!(text(&server, "/variable?key"), "s3cr3t");
    text(&server, "/variable?nonsense");
    text(&server, "/fetch?http://other.example/");
    let finished = server.stop(Signal::TERM).expect("an end");
    assert!(finished.stderr.contains("DEBUG"), "nothing was logged: {finished}");
    assert!(!finished.stderr.contains("s3cr3t"), "{finished}");
}

#[test]
fn a_variable_is_declared_with_a_default_or_as_required() {
    for (declaration, part) in [
        ("{}", "neither"),
        ("{ required = true, default = 'a' }", "both"),
        ("{ default = 7654321 }", "expected a string"),
    ] {
        let (_folder, path) =
            manifest(&format!("{HEAD}variables.a = {declaration}\n{TRIGGER}[component.test]\nsource = 'SOURCE'\n"));
        let message = refused(&mut up(&path));
        assert!(message.contains(":3: ") && message.contains(part) && !message.contains("7654321"), "{message}");
    }
}

#[test]
fn environment_has_no_templates_and_says_so() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}variables.a = {{ default = 'x' }}\n{TRIGGER}[component.test]\nsource = 'SOURCE'\nenvironment = {{ CURRENCY = '{{{{ a }}}}' }}\n"
    ));
    let server = Server::start(&mut up(&path)).expect("a server");
    let warned = |stream, line: &str| {
        (stream == Stream::Stderr && line.contains(":9: ") && line.contains("CURRENCY")).then_some(())
    };
    server.process.wait_for_line(warned).expect("a warning with the line");
}

#[test]
fn a_profile_takes_the_place_of_values() {
    let manifest = application();
    let mut command = up(manifest);
    let server = Server::start(command.env("SPIN_VARIABLE_TOKEN", "t").args(["--profile", "swiss"])).expect("a server");
    assert_eq!(text(&server, "/prices/apple"), "apple 3 CHF");
    let message = refused(up(manifest).env("SPIN_VARIABLE_TOKEN", "t").args(["--profile", "french"]));
    assert!(message.contains("`french`"), "{message}");
}

#[test]
fn files_are_what_the_entries_name_and_no_link_leads_out() {
    let entry = |files: &str| format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n{files}\n");
    let fill = |folder: &Path| {
        fs::create_dir_all(folder.join("a/b")).expect("a folder");
        for (name, content) in [("a/one.txt", "1"), ("a/b/two.txt", "2"), ("a/secret", "no"), ("outside.txt", "no")] {
            fs::write(folder.join(name), content).expect("a file");
        }
    };
    for files in [
        "files = [{ source = 'a', destination = '/a' }]",
        "files = ['a/**/*.txt']",
        "files = ['a']\nexclude_files = ['a/secret']",
        "files = [{ source = 'a/one.txt', destination = '/a/one.txt' }, { source = 'a/b', destination = 'a/b' }]",
    ] {
        let (folder, path) = manifest(&entry(files));
        fill(folder.path());
        let server = Server::start(&mut up(&path)).expect(files);
        assert_eq!(
            (text(&server, "/read?/a/one.txt"), text(&server, "/read?/a/b/two.txt")),
            ("1".into(), "2".into()),
            "{files}"
        );
        for path in ["/a/../outside.txt", "/outside.txt", "/spin.toml"] {
            assert_eq!(get(server.address, &format!("/read?{path}")).status(), 502, "{files}: {path}");
        }
        let secret = get(server.address, "/read?/a/secret").status();
        assert_eq!(secret == 200, files.contains("destination = '/a' }"), "{files}");
    }

    // A folder is opened where it stands: a link in it that leads out is refused when it is followed.
    let (folder, path) = manifest(&entry("files = [{ source = 'a', destination = '/a' }]"));
    fill(folder.path());
    std::os::unix::fs::symlink("../outside.txt", folder.path().join("a/link")).expect("a link");
    std::os::unix::fs::symlink("/etc", folder.path().join("a/etc")).expect("a link");
    let server = Server::start(&mut up(&path)).expect("a server");
    for path in ["/a/link", "/a/etc/passwd"] {
        assert_eq!(get(server.address, &format!("/read?{path}")).status(), 502, "{path}");
    }
    // Whoever opened a pipe would wait for its writer.
    let (folder, path) = manifest(&entry("files = [{ source = 'a', destination = '/a' }]"));
    fill(folder.path());
    let pipe = folder.path().join("a/b/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let message = refused(&mut up(&path));
    assert!(message.contains("a/b/pipe") && message.contains("remove it"), "{message}");
    // A copy would follow it: so it is not made.
    let (folder, path) = manifest(&entry("files = ['a/*']"));
    fill(folder.path());
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("a/link")).expect("a link");
    assert!(refused(&mut up(&path)).contains("leads out"));
}

#[test]
fn copies_of_files_are_gone_when_the_server_has_ended_or_loaded_others() {
    let (folder, path) = manifest(&format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\nfiles = ['a/*']\n"));
    let copies = folder.path().join("copies");
    fs::create_dir_all(folder.path().join("a")).expect("a folder");
    fs::create_dir_all(&copies).expect("a folder");
    fs::write(folder.path().join("a/one.txt"), "1").expect("a file");
    let found = || fs::read_dir(&copies).expect("a folder").count();
    let server = Server::start(up(&path).env("TMPDIR", &copies)).expect("a server");
    assert_eq!(text(&server, "/read?/a/one.txt"), "1");
    assert_eq!(found(), 1);
    server.process.signal(Signal::HUP);
    let reloaded = |_, line: &str| line.ends_with(": reloaded").then_some(());
    server.process.wait_for_line(reloaded).expect("a reload");
    assert_eq!(found(), 1);
    let finished = server.stop(Signal::TERM).expect("an end");
    assert!(finished.status.success(), "{finished}");
    assert_eq!(found(), 0);
}
