//! What is wrong in a manifest, and where.

use std::ops::Range;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) offset: Option<usize>,
}

impl Problem {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: Some(span.start) }
    }

    /// One line for an error of the TOML reader, with the key of the line that it points at. Only the key: the value
    /// may be a secret.
    pub(super) fn of(text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map(|span| span.start);
        let line = offset.map(|offset| line_at(text, offset.min(text.len())));
        let key = line.and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
        // "invalid type: string "…", expected a table": what stands there is not repeated either.
        let message = error.message().replace('\n', " ");
        let message = match message.split_once(", expected ") {
            Some((found, expected)) if found.starts_with("invalid ") => format!("expected {expected}"),
            _ => message,
        };
        let message = match key {
            Some(key) if !message.contains(key) => format!("`{key}`: {message}"),
            _ => message,
        };
        Self { message, offset }
    }

    /// The line of the problem, from 1.
    pub(super) fn line(&self, text: &str) -> usize {
        line(text, self.offset.unwrap_or(0))
    }
}

/// The line of an offset, from 1.
pub(super) fn line(text: &str, offset: usize) -> usize {
    1 + text[..offset.min(text.len())].matches('\n').count()
}

fn line_at(text: &str, offset: usize) -> &str {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].lines().next().unwrap_or_default()
}
