//! The request line: RFC 9112 section 3.

use super::class;
use super::host::Host;
use super::violation::Violation;
use super::word::Word;

const HTTP_1_1: &[u8] = b"HTTP/1.1";

/// The versions of HTTP that the scanner reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http10,
    Http11,
}

/// A request line that has not ended.
#[derive(Debug)]
pub(super) struct RequestLine {
    at: At,
    /// Methods that are longer than OPTIONS have no rules of their own.
    method: Word<7>,
    scheme: Word<5>,
    host: Host,
    text: Word<8>,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Start,
    /// After the CR of an empty line before the request.
    EmptyLine,
    Method,
    Target,
    /// A path and a query.
    Path,
    Asterisk,
    Scheme,
    Slash,
    SecondSlash,
    Authority,
    Version,
    Lf,
}

impl RequestLine {
    pub(super) const fn new() -> Self {
        Self {
            at: At::Start,
            method: Word::new(),
            scheme: Word::new(),
            host: Host::Nothing,
            text: Word::new(),
            version: Version::Http11,
        }
    }

    /// Takes as many of the next bytes as belong where the last one did; how many.
    pub(super) fn run(&mut self, bytes: &[u8]) -> usize {
        match self.at {
            At::Path => class::run(bytes, class::is_target),
            At::Method => {
                let run = class::run(bytes, class::is_token);
                self.method.extend(&bytes[..run]);
                run
            }
            At::Version if self.text.is_empty() && bytes.starts_with(HTTP_1_1) => {
                self.text.extend(HTTP_1_1);
                HTTP_1_1.len()
            }
            _ => 0,
        }
    }

    /// Whether what comes now belongs to the target.
    pub(super) fn is_in_target(&self) -> bool {
        matches!(self.at, At::Path | At::Authority | At::Scheme)
    }

    /// Takes the next byte; the version, when it is the last one.
    pub(super) fn step(&mut self, byte: u8) -> Result<Option<Version>, Violation> {
        self.at = match (self.at, byte) {
            // Empty lines before a request are ignored: RFC 9112 section 2.2.
            (At::Start, b'\r') => At::EmptyLine,
            (At::EmptyLine, b'\n') => At::Start,
            (At::EmptyLine, _) | (At::Start, b'\n') => return Err(Violation::LineEnd),
            (At::Start | At::Method, _) if class::is_token(byte) => {
                self.method.push(byte);
                At::Method
            }
            (At::Method, b' ') if self.method.get() == Some(b"CONNECT") => return Err(Violation::Connect),
            (At::Method, b' ') => At::Target,
            (At::Start | At::Method, _) => return Err(Violation::Method),
            (At::Target, b'/') => At::Path,
            (At::Target, b'*') if self.method.get() == Some(b"OPTIONS") => At::Asterisk,
            (At::Target | At::Scheme, b'a'..=b'z' | b'A'..=b'Z') => {
                self.scheme.push(byte);
                At::Scheme
            }
            (At::Scheme, b':') if self.scheme.is(b"http") || self.scheme.is(b"https") => At::Slash,
            (At::Slash, b'/') => At::SecondSlash,
            (At::SecondSlash, b'/') => At::Authority,
            (At::Authority, b'/' | b'?') if self.host.is_complete() => At::Path,
            (At::Authority, b' ') if self.host.is_complete() => At::Version,
            (At::Authority, _) => self.host.push(byte).map(|()| At::Authority).ok_or(Violation::Target)?,
            (At::Path, _) if class::is_target(byte) => At::Path,
            (At::Path | At::Asterisk, b' ') => At::Version,
            // A line that ends with its target is of HTTP/0.9.
            (At::Path | At::Asterisk, b'\r' | b'\n') => return Err(Violation::VersionSyntax),
            (At::Version, b'\r') if self.text.get().is_some_and(|text| text.len() == 8) => At::Lf,
            (At::Version, _) => {
                self.text.push(byte);
                self.version = self.check_version()?;
                At::Version
            }
            (At::Lf, b'\n') => return Ok(Some(self.version)),
            (At::Lf, _) => return Err(Violation::LineEnd),
            _ => return Err(Violation::Target),
        };
        Ok(None)
    }

    /// The version as far as it has come. It is refused with its first wrong byte, which hyper would answer otherwise.
    fn check_version(&self) -> Result<Version, Violation> {
        match self.text.get() {
            Some(text) if HTTP_1_1.starts_with(text) => Ok(Version::Http11),
            Some(b"HTTP/1.0") => Ok(Version::Http10),
            Some(
                [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9'] | [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9'],
            ) => Err(Violation::Version),
            _ => Err(Violation::VersionSyntax),
        }
    }
}
