//! An event as text: time, level, target, and what it says.
//!
//! Whatever a guest or a client may have put into it, no further line begins at the margin and nothing moves a cursor.

use std::fmt::{self, Debug, Write};

use tracing::Event;
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::logging::subject;
use crate::printable::printable;
use crate::telemetry::request_id;

pub(super) fn write(line: &mut Writer<'_>, event: &Event<'_>) -> fmt::Result {
    SystemTime.format_time(line)?;
    write!(line, " {:>5} {}:", event.metadata().level(), event.metadata().target())?;
    // First: what a guest writes behind it cannot pass for it.
    if let Some(id) = subject::id() {
        write!(line, " request_id={}", request_id::text(&id))?;
    }
    let mut fields = Fields { line, result: Ok(()) };
    event.record(&mut fields);
    fields.result?;
    line.write_char('\n')
}

struct Fields<'line, 'writer> {
    line: &'line mut Writer<'writer>,
    result: fmt::Result,
}

impl Fields<'_, '_> {
    fn add(&mut self, name: &str, value: &dyn Debug) -> fmt::Result {
        self.line.write_char(' ')?;
        if name != "message" {
            self.line.write_str(name)?;
            self.line.write_char('=')?;
        }
        write!(Foreign(self.line), "{value:?}")
    }
}

impl Visit for Fields<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.result.is_ok() {
            self.result = self.add(field.name(), value);
        }
    }
}

/// Takes text that need not be ours.
struct Foreign<'line, 'writer>(&'line mut Writer<'writer>);

impl Write for Foreign<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Nearly all text; what follows looks at characters.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.0.write_str(text);
        }
        for (number, part) in text.split('\n').enumerate() {
            if number > 0 {
                self.0.write_str("\n    ")?;
            }
            self.0.write_str(&printable(part))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::written;
    use crate::logging::LogFormat::Text;

    #[test]
    fn a_line_has_the_level_the_target_and_each_field() {
        let line =
            written(Text, || tracing::warn!(target: "t", a = 1, b = "x y", c = %"z", d = Some(true), "says {}", 2));
        let (time, rest) = line.split_once(' ').expect("a time");
        assert!(time.ends_with('Z') && time.len() == "2026-01-01T00:00:00.000000Z".len(), "{line}");
        assert_eq!(rest, " WARN t: says 2 a=1 b=\"x y\" c=z d=true\n");
    }

    #[test]
    fn only_the_first_line_of_an_event_begins_at_the_margin() {
        let text = written(Text, || tracing::error!(field = %"b\n2026 INFO forged", "a\n2026 INFO forged\n\ntoo"));
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("    ")).collect();
        assert!(matches!(lines.as_slice(), [line] if line.ends_with(": a")), "{text}");
    }

    #[test]
    fn nothing_in_a_line_moves_a_cursor() {
        let text = written(Text, || tracing::info!(field = %"\x1b[2J", "\rover\x08\u{9b}31m\u{202e}"));
        assert!(text.ends_with(": \\rover\\u{8}\\u{9b}31m\\u{202e} field=\\u{1b}[2J\n"), "{text}");
    }
}
