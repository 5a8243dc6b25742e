//! A man page for the program and one for each of its commands, as git has them: `catamaran-serve(1)`.

use std::io::Write as _;
use std::path::Path;
use std::{fs, io};

use clap::Command;
use clap_mangen::Man;

/// Writes the page of `command`, and those of its commands, into `folder`.
pub(crate) fn write(command: &Command, folder: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    fs::write(folder.join(format!("{name}.1")), page(command.clone())?)?;
    let commands = command.get_subcommands().filter(|command| command.get_name() != "help");
    commands.into_iter().try_for_each(|command| write(command, folder))
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let examples = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    let has_commands = command.has_subcommands();
    let man = Man::new(command);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    write!(page, ".SH EXAMPLES\n.nf\n{}.fi\n", verbatim(&examples))?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// The lines below the heading, with what roff would take for its own made text.
fn verbatim(examples: &str) -> String {
    let lines = examples.lines().skip(1);
    lines.map(|line| format!("{}\n", line.trim().replace('\\', "\\e").replace('-', "\\-"))).collect()
}
