//! Variables: where their values come from, and that secrets show nowhere.

use std::{fs, path::PathBuf};

use catamaran_tests::{
    artifacts::application,
    process::{Signal, Stream},
    server::Server,
};
use tempfile::TempDir;

use super::{HEAD, TRIGGER, manifest, refused, text, up};

#[test]
fn a_folder_of_variables_that_is_not_there_is_named() {
    let (folder, path) = manifest(&format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n"));
    let missing = folder.path().join("missing");
    let message = refused(up(&path).arg("--variables-dir").arg(&missing));
    assert!(message.contains("--variables-dir") && message.contains(&missing.display().to_string()), "{message}");
    let message = refused(up(&path).arg("--variables-dir").arg(&path));
    assert!(message.contains("no folder"), "{message}");
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
