//! A line of the log, made of an event: text for people, or a JSON object.
//!
//! tracing-subscriber's own formatters take nearly twice the instructions, and each request has an access line
//! (docs/performance.md). Of what is written as it is they make the message alone safe to look at, and they know nothing
//! of a request's id.

mod json;
mod text;

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::LogFormat;

/// Writes an event as a line of this format.
pub(super) struct Line(pub(super) LogFormat);

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        match self.0 {
            LogFormat::Text => text::write(&mut line, event),
            LogFormat::Json => json::write(&mut line, event),
        }
    }
}

/// What is written of the events of `log`; a pipe has room for it.
#[cfg(test)]
fn written(format: LogFormat, log: impl FnOnce()) -> String {
    let (lines, writer) = std::io::pipe().expect("a pipe");
    let writer = std::sync::Arc::new(writer);
    let subscriber = tracing_subscriber::fmt().event_format(Line(format)).with_writer(writer).finish();
    tracing::subscriber::with_default(subscriber, log);
    std::io::read_to_string(lines).expect("text")
}
