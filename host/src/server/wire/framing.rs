//! How long a request is, by its fields: RFC 9112 section 6.

use super::class;
use super::fields::Kind;
use super::host::Host;
use super::line::Version;
use super::violation::Violation;
use super::word::Word;

/// The largest length that other parts of the server can count with.
const LONGEST: u64 = i64::MAX as u64;

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Length(u64),
    Chunked,
}

/// The fields that matter, as far as they have come.
#[derive(Debug, Default)]
pub(super) struct Framing {
    host: Option<Host>,
    length: Option<Option<u64>>,
    codings: Option<Codings>,
    /// Whether a space has come within the value, which in most of them only the end may follow.
    spaced: bool,
}

/// The list of Transfer-Encoding.
#[derive(Clone, Copy, Debug)]
struct Codings {
    name: Word<7>,
    chunked: bool,
    others: bool,
}

impl Framing {
    pub(super) fn begin(&mut self, kind: Kind) -> Result<(), Violation> {
        self.spaced = false;
        match kind {
            Kind::Host if self.host.is_some() => return Err(Violation::SeveralHosts),
            Kind::Host => self.host = Some(Host::default()),
            Kind::ContentLength if self.length.is_some() => return Err(Violation::SeveralLengths),
            Kind::ContentLength => self.length = Some(None),
            Kind::TransferEncoding => {
                self.codings.get_or_insert(Codings { name: Word::new(), chunked: false, others: false });
            }
            Kind::Other => {}
        }
        Ok(())
    }

    pub(super) fn value(&mut self, kind: Kind, byte: u8) -> Result<(), Violation> {
        let space = matches!(byte, b' ' | b'\t');
        let spaced = self.spaced;
        self.spaced |= space;
        match kind {
            Kind::Host if space => {}
            Kind::Host => {
                let host = self.host.as_mut().filter(|_| !spaced);
                host.and_then(|host| host.push(byte)).ok_or(Violation::Host)?;
            }
            Kind::ContentLength if space => {}
            Kind::ContentLength => {
                let length = self.length.as_mut().filter(|_| !spaced);
                length.and_then(|length| push_digit(length, byte)).ok_or(Violation::Length)?;
            }
            Kind::TransferEncoding => {
                let codings = self.codings.as_mut().ok_or(Violation::Coding)?;
                match byte {
                    b',' => {
                        codings.element()?;
                        self.spaced = false;
                    }
                    // Only the end of a name is of interest, not the beginning.
                    _ if space => self.spaced = !codings.name.is_empty(),
                    _ if class::is_token(byte) && !spaced => codings.name.push(byte),
                    _ => return Err(Violation::Coding),
                }
            }
            Kind::Other => {}
        }
        Ok(())
    }

    pub(super) fn end(&mut self, kind: Kind) -> Result<(), Violation> {
        match kind {
            Kind::Host if !self.host.is_some_and(Host::is_complete) => Err(Violation::Host),
            Kind::ContentLength if self.length.flatten().is_none() => Err(Violation::Length),
            Kind::TransferEncoding => self.codings.as_mut().map_or(Ok(()), Codings::element),
            _ => Ok(()),
        }
    }

    /// What follows, once all fields have come.
    pub(super) fn body(&self, version: Version) -> Result<Body, Violation> {
        if self.host.is_none() && version == Version::Http11 {
            return Err(Violation::NoHost);
        }
        match (self.codings, self.length.flatten()) {
            (None, None | Some(0)) => Ok(Body::None),
            (None, Some(length)) => Ok(Body::Length(length)),
            (Some(_), _) if version == Version::Http10 => Err(Violation::CodingVersion),
            (Some(_), Some(_)) => Err(Violation::LengthAndCoding),
            (Some(codings), None) if !codings.chunked => Err(Violation::Coding),
            (Some(codings), None) if codings.others => Err(Violation::UnknownCoding),
            (Some(_), None) => Ok(Body::Chunked),
        }
    }
}

impl Codings {
    /// Takes a name whose end has come. After `chunked` there is none; no coding has parameters.
    fn element(&mut self) -> Result<(), Violation> {
        if self.name.is_empty() || self.chunked {
            return Err(Violation::Coding);
        }
        match self.name.is(b"chunked") {
            true => self.chunked = true,
            false => self.others = true,
        }
        self.name = Word::new();
        Ok(())
    }
}

fn push_digit(length: &mut Option<u64>, byte: u8) -> Option<()> {
    let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
    let value = length.unwrap_or(0).checked_mul(10)?.checked_add(digit)?;
    *length = Some(value).filter(|value| *value <= LONGEST);
    length.map(|_| ())
}
