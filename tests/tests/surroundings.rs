//! What a guest is given by its host, and where its words go.

use std::fs;

use catamaran_tests::{
    artifacts::{Generation::P2, Generation::P3, component, guest, workspace},
    guests::component_that_imports,
    http::get,
    misbehaving::{serve, text},
    process::Stream,
    server::{Server, catamaran},
};

fn guest_file() -> &'static str {
    guest().to_str().expect("a path in UTF-8")
}

fn given_by(server: &Server) -> String {
    let answer = get(server.address, "/");
    assert_eq!(answer.status(), 200, "{answer:?}");
    String::from_utf8(answer.into_body().to_vec()).expect("text")
}

#[test]
fn a_guest_may_import_every_interface_of_wasi_0_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("imports.wasm");
    fs::write(&file, component_that_imports(include_str!("surroundings/wasi-0.2.wat"))).expect("a file");
    let file = file.to_str().expect("a path in UTF-8");
    Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"])).expect("a server");
}

#[test]
fn a_guest_is_given_no_variable_no_argument_and_no_directory() {
    let mut command = catamaran(["serve", guest_file(), "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.env("SECRET", "of the host")).expect("a server");
    assert_eq!(given_by(&server), "");
}

#[test]
fn a_guest_is_refused_every_socket_and_every_address() {
    assert_eq!(text(serve(P2, &[]).address, "/sockets"), "access-denied access-denied access-denied");
    let denied = "Some(ErrorCode::AccessDenied)";
    assert_eq!(text(serve(P3, &[]).address, "/sockets"), [denied; 3].join(" "));
}

#[test]
fn a_guest_has_no_terminal() {
    for generation in [P2, P3] {
        assert_eq!(text(serve(generation, &[]).address, "/terminals"), "false false false", "{generation:?}");
    }
}

#[test]
fn a_guest_is_given_the_variables_of_the_command_line() {
    let mut command = catamaran(["serve", guest_file(), "--listen", "127.0.0.1:0", "--env", "ONE=1"]);
    let server = Server::start(command.args(["--env", "TWO=a=b, c"])).expect("a server");
    assert_eq!(given_by(&server), "ONE=1\nTWO=a=b, c\n");
}

#[test]
fn a_guest_is_given_the_variables_in_catamaran_env() {
    let mut command = catamaran(["serve", guest_file(), "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.env("CATAMARAN_ENV", "ONE=1\nTWO=a=b, c")).expect("a server");
    assert_eq!(given_by(&server), "ONE=1\nTWO=a=b, c\n");
}

#[test]
fn a_guest_is_given_the_environment_of_its_manifest() {
    guest();
    let manifest = workspace().join("tests/guests/spin.toml");
    let manifest = manifest.to_str().expect("a path in UTF-8");
    let server = Server::start(&mut catamaran(["up", "-f", manifest, "--listen", "127.0.0.1:0"])).expect("a server");
    assert_eq!(given_by(&server), "ORIGIN=manifest\nWORDS=two words\n");
}

#[test]
fn what_a_guest_prints_is_logged_with_its_stream() {
    let server = Server::start(&mut catamaran(["serve", guest_file(), "--listen", "127.0.0.1:0"])).expect("a server");
    assert_eq!(get(server.address, "/print").status(), 200);
    for name in ["stdout", "stderr"] {
        let said = format!("said on {name}");
        let logged = |stream, line: &str| (stream == Stream::Stderr && line.contains(&said)).then(|| line.to_owned());
        let line = server.process.wait_for_line(logged).expect("a log line");
        assert_eq!(line.matches(name).count(), 2, "the stream is not named beside the words: {line}");
    }
}

#[test]
fn each_component_is_reached_by_its_own_route_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("spin.toml");
    let text = format!(
        "spin_manifest_version = 2\napplication.name = 'test'\n\
         [[trigger.http]]\nroute = '/guest/...'\ncomponent = 'guest'\n\
         [[trigger.http]]\nroute = '/healthz'\ncomponent = 'service'\n\
         [component.guest]\nsource = '{}'\nenvironment = {{ FROM = 'guest' }}\n\
         [component.service]\nsource = '{}'\n",
        guest_file(),
        component(P2).display()
    );
    fs::write(&file, text).expect("the manifest is written");
    let file = file.to_str().expect("a path in UTF-8");
    let server = Server::start(&mut catamaran(["up", "-f", file, "--listen", "127.0.0.1:0"])).expect("a server");
    for (path, status, answer) in [
        ("/guest", 200, "FROM=guest\n"),
        ("/guest/", 200, "FROM=guest\n"),
        ("/guest/a/b?c", 200, "FROM=guest\n"),
        ("/healthz", 200, "\"ok\""),
        ("/", 404, ""),
        ("/healthz/more", 404, ""),
        ("/guests", 404, ""),
    ] {
        let got = get(server.address, path);
        assert_eq!(got.status(), status, "{path}: {got:?}");
        assert!(String::from_utf8_lossy(got.body()).contains(answer), "{path}: {got:?}");
    }
}
