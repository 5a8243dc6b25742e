//! Where log lines go: stderr, filtered by `RUST_LOG`; stdout is for the addresses alone.
//!
//! A line is never lost to a signal and never waits for its reader: see `writer`. In text, a line of the log that does
//! not begin with a time belongs to the one above it, whatever a guest or a client may write.

mod line;
mod subject;
mod writer;

use std::env;

use clap::ValueEnum;
use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use line::Line;
pub(crate) use subject::{about, about_now, about_the_same};
pub use writer::Flush;

/// What is logged when `RUST_LOG` is not set.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// How a line is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging for the whole process. Call it once, and keep what it returns until the end: what has been logged
/// until then is written.
pub fn start(format: LogFormat) -> Flush {
    let (writer, flush) = writer::start();
    let wanted = env::var("RUST_LOG").ok().filter(|wanted| !wanted.trim().is_empty());
    let default = Targets::new().with_default(DEFAULT_LEVEL);
    let (filter, problem) = match wanted.as_deref().map(filter) {
        None => (default, None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (default, Some(error)),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(writer)
        .event_format(Line(format))
        .finish();
    subscriber.with(filter).init();
    if let (Some(wanted), Some(error)) = (wanted, problem) {
        tracing::warn!(
            "RUST_LOG={wanted:?} is no filter ({error}): logging `{DEFAULT_LEVEL}`; write it as warn,access=off"
        );
    }
    flush
}

/// A filter, unless it has a word that is almost a level or no module's name: that would be taken for a module, and
/// nothing else be logged.
fn filter(text: &str) -> Result<Targets, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    for word in text.split(',').map(str::trim) {
        let module = word.split_once('=').map(|(module, _)| module);
        let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte);
        if module.is_some_and(str::is_empty) || !module.unwrap_or(word).bytes().all(is_of_names) {
            return Err(format!("`{word}` names no module"));
        }
        if module.is_some() {
            continue;
        }
        let lower = word.to_ascii_lowercase();
        let is_near = |level: &&str| lower != **level && (level.starts_with(&lower) || lower.starts_with(*level));
        if let Some(level) = LEVELS.iter().find(|level| !word.is_empty() && is_near(level)) {
            return Err(format!("`{word}` is no level, `{level}` is"));
        }
    }
    text.parse().map_err(|error: ParseError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_almost_a_level_or_no_name_is_no_filter() {
        for text in
            ["inf", "warning", "access=off, err", "INF", "info,=", ",,,=", "=debug", "nonsense!!", "info access"]
        {
            filter(text).expect_err(text);
        }
        for text in [
            "info",
            "WARN",
            "hyper",
            "warn,access=off",
            "catamaran=debug",
            "info,",
            "tracer=debug",
            "catamaran::guest=debug",
        ] {
            filter(text).expect(text);
        }
    }
}
