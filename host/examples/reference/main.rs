//! What is made from the definitions of the command line: man pages, completions for shells, and the table of all options.
//!
//! `cargo run --release --example reference -- FOLDER` writes it below FOLDER. It is an example and not a command, so that
//! the binary that is shipped does not carry it.

mod man;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use catamaran::cli::Cli;
use clap::CommandFactory;
use clap_complete::{Shell, generate_to};

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1) else {
        eprintln!("usage: reference FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error}", Path::new(&folder).display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> io::Result<()> {
    let mut command = Cli::command();
    // Otherwise the subcommands know neither their whole names nor the version.
    command.build();

    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        generate_to(shell, &mut command.clone(), "catamaran", &completions)?;
    }

    let pages = folder.join("man/man1");
    fs::create_dir_all(&pages)?;
    man::write(&command, &pages)?;

    fs::write(folder.join("configuration.md"), table::document(&command))
}
