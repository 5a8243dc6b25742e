//! What wrong usage may have meant, beyond what the argument parser itself knows: options of other hosts and servers.

use std::path::Path;

use clap::Parser;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::Cli;

/// Options that people try, and what does the same here.
const OTHERS: [(&str, &str); 15] = [
    ("--port", "to listen on another port, use '--listen 127.0.0.1:PORT'"),
    ("-p", "to listen on another port, use '--listen 127.0.0.1:PORT'"),
    ("--host", "to listen on another address, use '--listen ADDRESS:PORT'"),
    ("--dir", "a component gets files by `files` of its manifest: see 'catamaran up'"),
    ("--env", "the manifest has it: `environment` of a component, or `variables` with SPIN_VARIABLE_NAME"),
    ("--variable", "set SPIN_VARIABLE_NAME in the environment, or use '--variables-dir'"),
    ("-S", "leave it out: all of WASI 0.2 and 0.3 that a component may have is there"),
    ("-W", "leave it out: what components of WASI 0.2 and 0.3 need is on"),
    ("-e", "the manifest has it: `environment` of a component, or `variables` with SPIN_VARIABLE_NAME"),
    ("--allow-outbound", "the manifest has it: `allowed_outbound_hosts` of a component"),
    ("--from", "to serve what a manifest describes, use 'catamaran up --from FILE'"),
    ("--build", "to build what a manifest describes, use 'catamaran up --build'"),
    ("--memory", "to bound an instance's memory, use '--max-instance-memory 128MiB'"),
    ("--quiet", "to log less, set RUST_LOG=warn"),
    ("-q", "to log less, set RUST_LOG=warn"),
];

/// Commands that people try: Spin's, and what this binary may be built without.
const COMMANDS: [(&str, &str); 6] = [
    ("build", "to build what the manifest describes and serve it, use 'catamaran up --build'"),
    ("watch", "to build and load again when a source changes, use 'catamaran up --build --watch'"),
    ("run", "to serve a component, use 'catamaran serve FILE'"),
    ("new", "'cargo new --lib NAME' makes a crate; docs/own-component.md has the rest"),
    ("version", "use 'catamaran --version'"),
    (
        "compile",
        "this catamaran has no compiler: use one of the same version that has, such as `cargo build --release` makes",
    ),
];

/// Reads the command line. Wrong usage ends the process with exit code 2.
pub fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|mut error| {
        if error.get(ContextKind::InvalidArg).is_some_and(|argument| argument.to_string().starts_with("--env")) {
            // It may be a secret.
            error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
        }
        if let Some(hint) = hint(&error) {
            // What only looks alike would lead astray.
            error.remove(ContextKind::SuggestedArg);
            error.remove(ContextKind::SuggestedSubcommand);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(hint)]));
        }
        error.exit()
    })
}

fn hint(error: &Error) -> Option<String> {
    let tried = |known: &[(&str, &str)], word: &str| {
        known.iter().find(|(other, _)| *other == word).map(|(_, hint)| (*hint).to_owned())
    };
    if let Some(ContextValue::String(command)) = error.get(ContextKind::InvalidSubcommand) {
        return tried(&COMMANDS, command);
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let ContextValue::String(argument) = error.get(ContextKind::InvalidArg)? else { return None };
    let named = argument.split('=').next().unwrap_or_default();
    if let Some(hint) = tried(&OTHERS, named) {
        return Some(hint);
    }
    // `up` takes its file by an option, as `spin up` does.
    let path = Path::new(argument);
    if path.is_dir() {
        return Some(format!(
            "to serve what the spin.toml of a folder describes, use 'catamaran up --from {argument}'"
        ));
    }
    match path.extension()?.to_str()? {
        "wasm" | "cwasm" => Some(format!("to serve a component, use 'catamaran serve {argument}'")),
        "toml" => Some(format!("to name the manifest, use '--from {argument}'")),
        _ => None,
    }
}
