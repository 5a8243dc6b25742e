//! An application of two components, as its manifest describes it, on `catamaran up` and on `spin up`.

use std::{
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
};

use catamaran_tests::{
    artifacts::application,
    hosts::free_address,
    http::{Protocol::Http1, get, send_and_wait},
    server::{Server, catamaran},
    suite::Suite,
    tool::SPIN,
};
use http::{Request, request};
use tempfile::TempDir;

/// A host that serves the application's manifest.
type Launch = fn() -> Result<(Server, TempDir), String>;

/// What is held against a host.
type Case = (&'static str, fn(&Server));

fn main() -> ExitCode {
    let mut suite = Suite::default();
    cases(&mut suite, "catamaran up", on_catamaran, &CASES);
    // Spin 4.1 hands the client's own on, before its own.
    cases(
        &mut suite,
        "catamaran up",
        on_catamaran,
        &[("a_client_cannot_say_how_it_was_reached", cannot_be_told_otherwise)],
    );
    match SPIN.find() {
        Ok(_) => cases(&mut suite, "spin up", on_spin, &CASES),
        Err(reason) => suite.skip("spin up", SPIN, &reason),
    }
    suite.run()
}

const CASES: [Case; 6] = [
    ("a_component_asks_another_through_the_applications_route", asks_another),
    ("a_component_is_told_how_it_was_reached", told_how_it_was_reached),
    ("a_component_reads_its_variables_alone", its_variables_alone),
    ("a_component_reads_its_files_alone", its_files_alone),
    ("nothing_is_written", nothing_is_written),
    ("no_other_server_is_asked", no_other_server_is_asked),
];

fn cases(suite: &mut Suite, host: &str, launch: Launch, cases: &[Case]) {
    for &(name, case) in cases {
        suite.test(format!("{host}: {name}"), move || {
            let (server, _folder) = launch()?;
            case(&server);
            Ok(())
        });
    }
}

fn manifest() -> String {
    application().to_str().expect("a path in UTF-8").to_owned()
}

fn on_catamaran() -> Result<(Server, TempDir), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = catamaran(["up", "--from", &manifest(), "--listen", "127.0.0.1:0"]);
    Ok((Server::start(command.env("SPIN_VARIABLE_TOKEN", "t0p-s3cret"))?, folder))
}

fn on_spin() -> Result<(Server, TempDir), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new(SPIN.find()?);
    command.args(["up", "--listen", &free_address()?, "--from", &manifest(), "--state-dir"]).arg(folder.path());
    Ok((Server::start(command.env("SPIN_VARIABLE_TOKEN", "t0p-s3cret"))?, folder))
}

#[track_caller]
fn answer(server: &Server, path: &str) -> (u16, String) {
    let answer = get(server.address, path);
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}

fn asks_another(server: &Server) {
    assert_eq!(answer(server, "/"), (200, "Welcome to The Shop. Fresh every day. apple 3 EUR\n".to_owned()));
    assert_eq!(answer(server, "/prices/pear"), (200, "pear 4 EUR".to_owned()));
    assert_eq!(answer(server, "/prices/plum"), (502, "no such item".to_owned()));
}

fn told_how_it_was_reached(server: &Server) {
    let text = headers(server, Request::get("/headers/a/?b=c").header("host", "shop.example"));
    for line in [
        "spin-full-url: http://shop.example/headers/a/?b=c",
        "spin-path-info: /headers/a/",
        "spin-matched-route: /...",
        "spin-raw-component-route: /...",
        "spin-component-route: ",
        "spin-base-path: /",
    ] {
        assert!(text.lines().any(|got| got == line), "{line} is not in:\n{text}");
    }
    assert!(text.contains("spin-client-addr: 127.0.0.1:"), "{text}");
}

fn cannot_be_told_otherwise(server: &Server) {
    let text = headers(server, Request::get("/headers").header("spin-client-addr", "forged"));
    assert!(text.contains("spin-client-addr: 127.0.0.1:") && !text.contains("forged"), "{text}");
}

fn headers(server: &Server, request: request::Builder) -> String {
    let request = request.body(Default::default()).expect("a request");
    let answer = send_and_wait(server.address, Http1, request).expect("an answer");
    String::from_utf8_lossy(answer.body()).into_owned()
}

fn its_variables_alone(server: &Server) {
    assert_eq!(answer(server, "/variable?authorization"), (200, "Bearer t0p-s3cret".to_owned()));
    for name in ["token", "shop_name", "nonsense"] {
        let (status, text) = answer(server, &format!("/variable?{name}"));
        assert!(status == 502 && text.contains("Undefined") && !text.contains("t0p-s3cret"), "{name}: {text}");
    }
}

fn its_files_alone(server: &Server) {
    assert_eq!(answer(server, "/read?/pages/welcome.txt"), (200, "Fresh every day\n".to_owned()));
    for path in ["/pages/nothing.txt", "/pages/../spin.toml", "/pages/../prices.txt", "/prices.txt", "/etc/passwd"] {
        let (status, text) = answer(server, &format!("/read?{path}"));
        assert_eq!(status, 502, "{path}: {text}");
    }
}

fn nothing_is_written(server: &Server) {
    for path in ["/pages/welcome.txt", "/pages/new.txt"] {
        let (status, text) = answer(server, &format!("/write?{path}"));
        assert_eq!(status, 502, "{path}: {text}");
    }
    assert_eq!(fs::read_to_string(folder().join("pages/welcome.txt")).expect("the file"), "Fresh every day\n");
    assert!(!folder().join("pages/new.txt").exists());
}

fn no_other_server_is_asked(server: &Server) {
    for url in ["http://example.com/", "http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/"] {
        let (status, text) = answer(server, &format!("/fetch?{url}"));
        assert!(status == 502 && text.contains("HttpRequestDenied"), "{url}: {text}");
    }
}

fn folder() -> PathBuf {
    application().parent().expect("a folder").to_owned()
}
