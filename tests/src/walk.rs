//! A document whose commands are run, as a reader would paste them.
//!
//! | fence | what it holds |
//! |---|---|
//! | `sh` | commands for bash; `sh wasmtime` says that they need this tool |
//! | `text` | lines that the commands above print, in this order, beside others; `…` stands for anything |
//! | `text figures` | the same, where any number passes for another one |
//! | `rust host/src/lib.rs` | lines of that file, in this order; so in any other language |

use std::{fs, path::Path};

use regex::Regex;

use crate::tool::Tool;

/// The blocks of a document.
#[derive(Default)]
pub struct Walk {
    /// What is run.
    pub commands: Vec<Commands>,
    /// What is shown of the repository's files.
    pub quotes: Vec<Quote>,
}

/// A block of commands.
#[derive(Clone)]
pub struct Commands {
    /// The line of the document that it begins on.
    pub line: usize,
    /// The commands.
    pub script: String,
    /// What they need.
    pub tools: Vec<Tool>,
    /// What they print.
    pub shown: Vec<Shown>,
}

/// A line that must be printed.
#[derive(Clone)]
pub struct Shown {
    text: String,
    figures: bool,
}

/// Lines of a file.
pub struct Quote {
    /// The file's path in the repository.
    pub file: String,
    /// The lines.
    pub text: String,
}

impl Walk {
    /// Reads a document. Panics with the reason when it cannot be read, or when a fence is of no known kind.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (mut walk, mut lines) = (Self::default(), text.lines().enumerate());
        while let Some((number, line)) = lines.next() {
            let Some(fence) = line.strip_prefix("```") else { continue };
            let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            walk.add(fence, number + 1, &block)
                .unwrap_or_else(|why| panic!("{}:{}: {why}", path.display(), number + 1));
        }
        walk
    }

    fn add(&mut self, fence: &str, line: usize, block: &[&str]) -> Result<(), String> {
        let words: Vec<&str> = fence.split(' ').collect();
        match &words[..] {
            ["sh", tools @ ..] => {
                let tools = tools.iter().map(|name| Tool::named(name).ok_or(format!("no tool {name} is known")));
                let tools = tools.collect::<Result<_, _>>()?;
                self.commands.push(Commands { line, script: block.join("\n"), tools, shown: Vec::new() });
            }
            ["text", rest @ ..] => {
                let commands = self.commands.last_mut().ok_or("nothing was run that could print this")?;
                let figures = *rest == ["figures"];
                commands.shown.extend(block.iter().map(|text| Shown { text: (*text).to_owned(), figures }));
            }
            [_, file] => self.quotes.push(Quote { file: (*file).to_owned(), text: block.join("\n") }),
            _ => return Err(format!("say of ```{fence} which file it shows, or make it sh or text")),
        }
        Ok(())
    }
}

impl Commands {
    /// The first line that should have been printed and was not. `readers_text` turns what the document says into what
    /// was really run.
    pub fn missing(&self, printed: &str, readers_text: impl Fn(&str) -> String) -> Option<&str> {
        let mut printed = printed.lines();
        let is_missing = |shown: &&Shown| {
            let pattern = shown.pattern(&readers_text);
            !printed.any(|line| pattern.is_match(line.trim_end()))
        };
        self.shown.iter().find(is_missing).map(|shown| shown.text.as_str())
    }
}

impl Shown {
    fn pattern(&self, readers_text: impl Fn(&str) -> String) -> Regex {
        let parts = self.text.trim_end().split('…').map(|part| regex::escape(&readers_text(part)));
        let mut pattern = parts.collect::<Vec<_>>().join(".*");
        if self.figures {
            let number = Regex::new(r"[0-9]+").expect("a pattern");
            pattern = number.replace_all(&pattern, "[0-9]+").into_owned();
        }
        Regex::new(&format!("^{pattern}$")).expect("a pattern")
    }
}

impl Quote {
    /// The first line that the file in `folder` does not have.
    pub fn missing(&self, folder: &Path) -> Option<&str> {
        let file = fs::read_to_string(folder.join(&self.file)).unwrap_or_default();
        let mut lines = file.lines().map(str::trim);
        self.text.lines().find(|line| !["", "…"].contains(&line.trim()) && !lines.any(|other| other == line.trim()))
    }
}
