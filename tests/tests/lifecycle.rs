//! How the host starts and how it ends, and that every option can be set by the environment.

use std::fs;

use catamaran::cli::Cli;
use catamaran_tests::{
    artifacts::{
        Generation::{P2, P3},
        component, manifest,
    },
    http::get,
    process::{Process, Signal, Stream, run},
    server::{Server, catamaran},
};
use clap::{CommandFactory, Parser, error::ErrorKind};

fn p2() -> &'static str {
    component(P2).to_str().expect("a path in UTF-8")
}

#[test]
fn the_first_line_on_stdout_is_the_address_that_answers() {
    let process = Process::spawn(&mut catamaran(["serve", p2(), "--listen", "127.0.0.1:0"])).expect("a process");
    let on_stdout = |stream, line: &str| (stream == Stream::Stdout).then(|| line.to_owned());
    let line = process.wait_for_line(on_stdout).expect("a line");
    let address = line.strip_prefix("Serving HTTP on http://").and_then(|rest| rest.strip_suffix('/'));
    let address: std::net::SocketAddr = address.and_then(|address| address.parse().ok()).expect(&line);
    assert_ne!(address.port(), 0);
    assert_eq!(get(address, "/healthz").status(), 200);
}

#[test]
fn two_servers_on_port_0_take_different_ports() {
    let [first, second] =
        [P2, P3].map(|_| Server::start(&mut catamaran(["serve", p2(), "--listen", "127.0.0.1:0"])).expect("a server"));
    assert_ne!(first.address, second.address);
}

#[test]
fn sigterm_ends_the_server_with_exit_code_0() {
    ends_well_by(Signal::TERM);
}

#[test]
fn sigint_ends_the_server_with_exit_code_0() {
    ends_well_by(Signal::INT);
}

fn ends_well_by(signal: Signal) {
    for generation in [P2, P3] {
        let file = component(generation).to_str().expect("a path in UTF-8");
        let server = Server::start(&mut catamaran(["serve", file, "--listen", "127.0.0.1:0"])).expect("a server");
        assert_eq!(get(server.address, "/healthz").status(), 200);
        let finished = server.stop(signal).expect("an end");
        assert_eq!(finished.status.code(), Some(0), "{generation:?}: {finished}");
    }
}

#[test]
fn serve_takes_every_option_from_the_environment() {
    let mut command = catamaran(["serve"]);
    command.env("CATAMARAN_COMPONENT", p2()).env("CATAMARAN_LISTEN", "127.0.0.1:0");
    let server = Server::start(&mut command).expect("a server");
    assert_eq!(get(server.address, "/healthz").status(), 200);
}

#[test]
fn up_takes_every_option_from_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("spin.toml");
    let text = format!(
        "spin_manifest_version = 2\napplication.name = 'test'\n\
         trigger.http = [{{ route = '/...', component = 'test' }}]\n[component.test]\nsource = 'copy.wasm'\n\
         build.command = 'cp \"{}\" copy.wasm'\n",
        p2()
    );
    fs::write(&file, text).expect("the manifest is written");
    let mut command = catamaran(["up"]);
    command.env("CATAMARAN_FROM", &file).env("CATAMARAN_LISTEN", "127.0.0.1:0").env("CATAMARAN_BUILD", "true");
    let server = Server::start(&mut command).expect("a server that built its component");
    assert_eq!(get(server.address, "/healthz").status(), 200);
    assert!(folder.path().join("copy.wasm").exists());
}

#[test]
fn a_switch_takes_0_and_1_from_the_environment() {
    for (written, built) in [("1", true), ("true", true), ("0", false), ("false", false)] {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!(
            "spin_manifest_version = 2\napplication.name = 'test'\n\
             trigger.http = [{{ route = '/...', component = 'test' }}]\n[component.test]\nsource = '{}'\n\
             build.command = 'touch built'\n",
            p2()
        );
        fs::write(folder.path().join("spin.toml"), text).expect("the manifest is written");
        let mut command = catamaran(["up", "--listen", "127.0.0.1:0"]);
        Server::start(command.env("CATAMARAN_BUILD", written).current_dir(folder.path())).expect(written);
        assert_eq!(folder.path().join("built").exists(), built, "{written}");
    }
}

#[test]
fn a_variable_that_is_no_option_is_named_with_the_one_that_is_like_it() {
    let mut command = catamaran(["serve", p2(), "--listen", "127.0.0.1:0"]);
    command.env("CATAMARAN_MAX_BODDY", "1KiB").env("CATAMARAN_HEALTHCHECK_URL", "http://127.0.0.1:1/livez");
    command.env("CATAMARAN_PORT", "tcp://10.0.0.1:8000");
    let finished = Server::start(&mut command).and_then(|server| server.stop(Signal::TERM)).expect("an end");
    assert_eq!(finished.stderr.matches("WARN").count(), 1, "{finished}");
    assert!(finished.stderr.contains("CATAMARAN_MAX_BODDY is no option"), "{finished}");
    assert!(finished.stderr.contains("did you mean CATAMARAN_MAX_BODY?"), "{finished}");
    assert!(!finished.stderr.contains("1KiB"), "a value may be a secret: {finished}");
}

#[test]
fn help_says_how_times_sizes_and_addresses_are_written() {
    for command in ["serve", "up"] {
        let help = help(&[command]);
        for part in ["TIME", "500ms", "1m", "SIZE", "64KiB", "unlimited", "127.0.0.1:8080"] {
            assert!(help.lines().rev().take(4).any(|line| line.contains(part)), "{part}: {help}");
        }
    }
}

#[test]
fn up_finds_the_manifest_of_the_folder_it_runs_in() {
    component(P2);
    let mut command = catamaran(["up", "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.current_dir(manifest().parent().expect("a folder"))).expect("a server");
    assert_eq!(get(server.address, "/healthz").status(), 200);
}

#[test]
fn an_option_wins_over_its_variable() {
    let mut command = catamaran(["serve", p2(), "--listen", "127.0.0.1:0"]);
    let server = Server::start(command.env("CATAMARAN_LISTEN", "127.0.0.1:1")).expect("a server");
    assert_ne!(server.address.port(), 1);
}

#[test]
fn addr_means_listen_and_file_means_from() {
    Server::start(&mut catamaran(["serve", p2(), "--addr", "127.0.0.1:0"])).expect("a server");
    let manifest = manifest();
    let manifest = manifest.to_str().expect("a path in UTF-8");
    Server::start(&mut catamaran(["up", "-f", manifest, "--addr", "127.0.0.1:0"])).expect("a server");
}

#[test]
fn every_option_has_a_variable_and_a_line_of_help() {
    let commands = help(&[]);
    // What is wrapped is indented further.
    let names = section(&commands, "Commands:").filter(|line| !line.starts_with("   "));
    let commands: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"serve") && commands.contains(&"up"), "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let help = help(&[command]);
        let entries = entries(section(&help, "Arguments:")).into_iter().chain(entries(section(&help, "Options:")));
        let entries: Vec<String> =
            entries.filter(|entry| !entry.contains("--help") && !entry.contains("--version")).collect();
        assert!(!entries.is_empty(), "{help}");
        for entry in entries {
            let (described, variable) =
                entry.split_once("[env: CATAMARAN_").unwrap_or_else(|| panic!("no variable: {entry}"));
            assert!(variable.starts_with(|c: char| c.is_ascii_uppercase()), "{entry}");
            let words = described.split_whitespace().filter(|word| !word.starts_with(['-', '<', '[']));
            assert!(words.count() >= 3, "no help: {entry}");
        }
    }
}

#[test]
fn every_help_begins_with_examples_that_are_right() {
    let program = Cli::command();
    let commands = program.get_subcommands().map(|command| (vec![command.get_name()], command));
    for (name, command) in commands.chain([(vec![], &program)]) {
        let help = help(&name);
        assert!(help.starts_with("Examples:\n"), "{help}");
        let examples: Vec<&str> = section(&help, "Examples:").map(str::trim).collect();
        assert!(examples.len() > 1, "{help}");
        for example in examples {
            // What it does may stand behind it.
            let words: Vec<&str> = example.split("   ").next().unwrap_or_default().split(' ').collect();
            let start = words.iter().position(|word| *word == "catamaran").expect(example);
            for (variable, _) in words[..start].iter().filter_map(|word| word.split_once('=')) {
                let is_known = |argument: &clap::Arg| argument.get_env().is_some_and(|name| name == variable);
                assert!(command.get_arguments().any(is_known), "no {variable}: {example}");
            }
            assert!(words[start + 1..].starts_with(&name), "another command: {example}");
            let error = Cli::try_parse_from(&words[start..]).err();
            assert!(error.is_none_or(|error| error.kind() == ErrorKind::DisplayHelp), "{example}");
        }
    }
}

fn help(command: &[&str]) -> String {
    let finished = run(catamaran([]).args(command).arg("-h"));
    assert!(finished.status.success(), "{finished}");
    finished.stdout
}

/// The lines below a title, up to the next empty line.
fn section<'a>(help: &'a str, title: &str) -> impl Iterator<Item = &'a str> {
    help.lines().skip_while(move |line| *line != title).skip(1).take_while(|line| !line.is_empty())
}

/// One line for each option or argument: what is wrapped is joined.
fn entries<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in lines {
        let indent = line.len() - line.trim_start().len();
        match entries.last_mut() {
            Some(entry) if indent > 6 => entry.push_str(&format!(" {}", line.trim())),
            _ => entries.push(line.trim().to_owned()),
        }
    }
    entries
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let finished = run(catamaran([]).arg("--version"));
    assert_eq!(finished.stdout, format!("catamaran {}\n", env!("CARGO_PKG_VERSION")));
}
