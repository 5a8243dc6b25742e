//! What is made from the definitions of the command line is made, and says what they say.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use catamaran::cli::Cli;
use catamaran_tests::{
    artifacts::{reference, workspace},
    process::run,
};
use clap::CommandFactory;

/// The folder that the tool has written.
fn made() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reference");
        let finished = run(Command::new(reference()).arg(&folder));
        assert!(finished.status.success(), "{finished}");
        folder
    });
    &FOLDER
}

fn text(path: &str) -> String {
    fs::read_to_string(made().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the commands, each with its long options.
fn commands() -> Vec<(String, Vec<String>)> {
    let mut command = Cli::command();
    command.build();
    let commands = command.get_subcommands().filter(|command| command.get_name() != "help");
    let options = |command: &clap::Command| {
        command.get_opts().filter_map(|option| option.get_long().map(str::to_owned)).collect()
    };
    commands.map(|command| (command.get_name().to_owned(), options(command))).collect()
}

#[test]
fn the_table_of_options_is_what_the_definitions_say() {
    let file = fs::read_to_string(workspace().join("docs/configuration.md")).expect("the table");
    let command =
        "cargo run --release --example reference -- target/reference && cp target/reference/configuration.md docs/";
    assert!(file.contains(command), "docs/configuration.md does not say how it is made");
    assert!(file == text("configuration.md"), "docs/configuration.md is not up to date: {command}");
    for (name, options) in commands() {
        for option in options {
            assert!(file.contains(&format!("`--{option}")), "{name}: no row for --{option}");
        }
    }
}

#[test]
fn every_command_has_a_man_page_with_its_options_and_examples() {
    let program = text("man/man1/catamaran.1");
    assert!(!commands().is_empty());
    for (name, options) in commands() {
        assert!(program.contains(&format!("catamaran\\-{name}(1)")), "{name} is not in {program}");
        let page = text(&format!("man/man1/catamaran-{name}.1"));
        assert!(page.contains(".SH EXAMPLES\n.nf\ncatamaran "), "{page}");
        assert!(page.contains("CATAMARAN_"), "no variable is in {page}");
        for option in options {
            let option = format!("\\-\\-{}", option.replace('-', "\\-"));
            assert!(page.contains(&option), "{option} is not in {page}");
        }
    }
}

#[test]
fn the_completions_of_every_shell_know_every_command_and_option() {
    for file in ["catamaran.bash", "catamaran.fish", "_catamaran"] {
        let script = text(&format!("completions/{file}"));
        for (name, options) in commands() {
            assert!(script.contains(&name), "{file}: {name}");
            for option in options {
                assert!(script.contains(&option), "{file}: {name}: {option}");
            }
        }
    }
    let finished = run(Command::new("bash").arg("-n").arg(made().join("completions/catamaran.bash")));
    assert!(finished.status.success() && finished.stderr.is_empty(), "{finished}");
}
