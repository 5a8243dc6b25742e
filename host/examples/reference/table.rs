//! The document of all options: a row each, with its variable, its default and what it means.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

/// What stands before the tables.
const INTRODUCTION: &str = "\
# Every option

Made from the definitions of the command line, and held equal to them by a test. After a change there:

```sh
cargo run --release --example reference -- target/reference && cp target/reference/configuration.md docs/
```

An option goes before its variable, and the variable before the default. Times are written `500ms`, `2s`, `1m`, sizes `64KiB`,
`16MiB`; where a bound may be lifted, `unlimited` lifts it. The variable of an option without a value takes `true` or `false`.

Beside these, `RUST_LOG` filters the log and the `OTEL_…` variables export traces ([observability.md](observability.md)), and
`SPIN_VARIABLE_NAME` sets a variable of the manifest ([manifest.md](manifest.md#variables)). Exit codes: 0 for success, 1 for a failure,
with one line on stderr that says what to do, 2 for wrong usage.

From the same definitions come man pages and completions for bash, fish and zsh, below `target/reference` and in `reference.tar.gz` of a release:

```sh
install -D --mode=644 --target-directory ~/.local/share/man/man1 target/reference/man/man1/*.1
install -D --mode=644 target/reference/completions/catamaran.bash ~/.local/share/bash-completion/completions/catamaran
```
";

/// The whole document.
pub(crate) fn document(command: &Command) -> String {
    let find = |name| command.find_subcommand(name).unwrap_or_else(|| panic!("no command {name}"));
    let (serve, up) = (arguments(find("serve")), arguments(find("up")));
    let is_shared =
        |argument: &&Arg| serve.iter().chain(&up).filter(|other| other.get_id() == argument.get_id()).count() == 2;
    let mut text = INTRODUCTION.to_owned();

    for name in ["serve", "up", "compile", "inspect", "healthcheck"] {
        let own = arguments(find(name))
            .into_iter()
            .filter(|argument| !matches!(name, "serve" | "up") || !is_shared(argument));
        section(&mut text, &format!("`catamaran {name}`"), own);
    }
    let shared: Vec<&Arg> = serve.iter().copied().filter(|argument| is_shared(argument)).collect();
    let mut headings: Vec<Option<&str>> = shared.iter().map(|argument| argument.get_help_heading()).collect();
    headings.dedup();
    for heading in headings {
        let below = shared.iter().copied().filter(|argument| argument.get_help_heading() == heading);
        section(&mut text, &format!("`serve` and `up`: {}", heading.unwrap_or("Serving").to_lowercase()), below);
    }
    text
}

fn arguments(command: &Command) -> Vec<&Arg> {
    let is_ours =
        |argument: &&Arg| !matches!(argument.get_action(), ArgAction::Help | ArgAction::HelpShort | ArgAction::Version);
    command.get_arguments().filter(is_ours).collect()
}

fn section<'a>(text: &mut String, title: &str, arguments: impl Iterator<Item = &'a Arg>) {
    _ = write!(text, "\n## {title}\n\n| option | variable | default | meaning |\n|---|---|---|---|\n");
    for argument in arguments {
        let variable = argument.get_env().map(|name| format!("`{}`", name.display())).unwrap_or_default();
        let (meaning, default) = meaning(argument);
        let cells =
            [name(argument), variable, default, meaning].map(|cell| format!(" {cell}").trim_end().to_owned() + " |");
        _ = writeln!(text, "|{}", cells.concat());
    }
}

/// The option as it is typed.
fn name(argument: &Arg) -> String {
    let value = match argument.get_action() {
        ArgAction::Set | ArgAction::Append => argument.get_value_names().map(|names| names.join(" ")),
        _ => None,
    };
    let long = argument.get_long().map(|long| format!("--{long}"));
    let typed = [long, value.map(|value| value.to_string())].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match argument.get_short() {
        Some(short) => format!("`-{short}`, `{typed}`"),
        None => format!("`{typed}`"),
    }
}

/// What the help says, and the default: clap's, or the one that the help names because it depends on the machine.
fn meaning(argument: &Arg) -> (String, String) {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
    let (mut meaning, named) = match help.split_once(" [default: ") {
        Some((meaning, default)) => (meaning.to_owned(), default.trim_end_matches(']').to_owned()),
        None => (help, String::new()),
    };
    let is_option = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let values: Vec<String> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if is_option && !values.is_empty() {
        _ = write!(meaning, ": {}", values.join(" or "));
    }
    let defaults = argument.get_default_values().iter().map(|value| format!("`{}`", value.display()));
    let default = if is_option { defaults.collect::<Vec<_>>().join(" ") } else { String::new() };
    (meaning, if default.is_empty() { named } else { default })
}
