//! What a manifest asks for is given, or refused with its line and key: nothing is left out without a word.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use catamaran_tests::{
    artifacts::{application, application_component},
    http::get,
    process::{Finished, Process, Stream},
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
        (trigger("static_response = { body = 'a' }"), 5, ["static_response", "component"]),
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
    let finished = server.stop(catamaran_tests::process::Signal::TERM).expect("an end");
    assert!(finished.stderr.contains("DEBUG"), "nothing was logged: {finished}");
    assert!(!finished.stderr.contains("s3cr3t"), "{finished}");
}

#[test]
fn a_variable_is_declared_with_a_default_or_as_required() {
    for (declaration, part) in
        [("{}", "neither"), ("{ required = true, default = 'a' }", "both"), ("{ default = 77 }", "expected a string")]
    {
        let (_folder, path) =
            manifest(&format!("{HEAD}variables.a = {declaration}\n{TRIGGER}[component.test]\nsource = 'SOURCE'\n"));
        let message = refused(&mut up(&path));
        assert!(message.contains(":3: ") && message.contains(part) && !message.contains("77"), "{message}");
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
