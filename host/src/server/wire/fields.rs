//! Field lines, of a head or of trailers: RFC 9112 section 5.

use super::class;
use super::violation::Violation;
use super::word::Word;

/// The fields that decide where a request ends and whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Host,
    ContentLength,
    TransferEncoding,
    Other,
}

/// What a byte means.
pub(super) enum Event {
    Nothing,
    /// A field begins.
    Begin(Kind),
    /// A byte of its value; the spaces around the value are none.
    Value(Kind, u8),
    /// The field ends.
    End(Kind),
    /// The empty line.
    Complete,
}

/// Field lines that have not ended.
#[derive(Debug)]
pub(super) struct Fields {
    at: At,
    name: Word<17>,
    /// How many more there may be.
    left: usize,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// At the beginning of a line; whether it is the first.
    Line(bool),
    Name,
    Before(Kind),
    Value(Kind),
    Lf,
    LastLf,
}

impl Fields {
    pub(super) const fn new(limit: usize) -> Self {
        Self { at: At::Line(true), name: Word::new(), left: limit }
    }

    /// Takes as many of the next bytes as belong where the last one did and matter to nobody else; how many.
    pub(super) fn run(&mut self, bytes: &[u8]) -> usize {
        match self.at {
            At::Value(Kind::Other) => class::run(bytes, class::is_value),
            At::Name => {
                let run = class::run(bytes, class::is_token);
                self.name.extend(&bytes[..run]);
                run
            }
            _ => 0,
        }
    }

    /// Takes the next byte.
    pub(super) fn step(&mut self, byte: u8) -> Result<Event, Violation> {
        let (at, event) = match (self.at, byte) {
            (At::Line(_), b'\r') => (At::LastLf, Event::Nothing),
            (At::Line(false), b' ' | b'\t') => return Err(Violation::Folding),
            (At::Line(_), _) if class::is_token(byte) => {
                self.left = self.left.checked_sub(1).ok_or(Violation::TooManyFields)?;
                self.name = Word::new();
                self.name.push(byte);
                (At::Name, Event::Nothing)
            }
            (At::Name, b':') => (At::Before(self.kind()), Event::Begin(self.kind())),
            (At::Name, _) if class::is_token(byte) => {
                self.name.push(byte);
                (At::Name, Event::Nothing)
            }
            (At::Line(_), b'\n') => return Err(Violation::LineEnd),
            (At::Line(_) | At::Name, _) => return Err(Violation::FieldName),
            (At::Before(kind), b' ' | b'\t') => (At::Before(kind), Event::Nothing),
            (At::Before(kind) | At::Value(kind), b'\r') => (At::Lf, Event::End(kind)),
            (At::Before(kind) | At::Value(kind), _) if class::is_value(byte) => {
                (At::Value(kind), Event::Value(kind, byte))
            }
            (At::Before(_) | At::Value(_), b'\n') => return Err(Violation::LineEnd),
            (At::Before(_) | At::Value(_), _) => return Err(Violation::FieldValue),
            (At::Lf, b'\n') => (At::Line(false), Event::Nothing),
            (At::LastLf, b'\n') => (At::LastLf, Event::Complete),
            (At::Lf | At::LastLf, _) => return Err(Violation::LineEnd),
        };
        self.at = at;
        Ok(event)
    }

    fn kind(&self) -> Kind {
        if self.name.is(b"host") {
            Kind::Host
        } else if self.name.is(b"content-length") {
            Kind::ContentLength
        } else if self.name.is(b"transfer-encoding") {
            Kind::TransferEncoding
        } else {
            Kind::Other
        }
    }
}
