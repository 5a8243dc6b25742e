//! The syntax of HTTP/1.1 and its framing, looked at on the way from the socket to hyper.
//!
//! hyper reads more than RFC 9112 allows: bare line feeds, Content-Length beside Transfer-Encoding, any byte in a chunk
//! extension. What two servers in a row read differently can be made to smuggle a request past the first of them, so a
//! [`Scanner`] follows the bytes first and stops at the first one that is wrong. It holds nothing but its state: what
//! it says does not depend on how the bytes are split, and it takes no memory however long a message is.
//!
//! | file | what it follows |
//! |---|---|
//! | `head` | a head: `line` and `fields`, and by them `framing` |
//! | `chunked` | a chunked body with its trailers |
//! | `host`, `word`, `class` | the smaller parts |
//! | `violation` | what can be wrong, with its section and its status |

mod chunked;
mod class;
mod fields;
mod framing;
mod head;
mod host;
mod line;
mod violation;
mod word;

pub use violation::Violation;

/// Whether this is a host with an optional port.
pub(super) fn is_host(text: &[u8]) -> bool {
    host::Host::is(text)
}

/// Whether these bytes may stand in the target of a request.
pub(super) fn is_target(text: &[u8]) -> bool {
    text.iter().all(|&byte| class::is_target(byte))
}

use chunked::Chunked;
use framing::Body;
use head::Head;

/// What an HTTP/2 client begins with: RFC 9113 section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// After so many of its bytes a client is taken for one of HTTP/2.
const PRI: usize = "PRI ".len();

/// How large a head may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the request line and the fields together.
    pub head: usize,
    /// Number of fields.
    pub fields: usize,
}

/// Follows the bytes of a connection.
#[derive(Debug)]
pub struct Scanner {
    limits: Limits,
    at: At,
}

#[derive(Debug)]
enum At {
    /// In the first bytes, which are HTTP/2's so far.
    Preface(usize),
    /// In frames of HTTP/2, which hyper reads as strictly as it should.
    Frames,
    /// Between requests.
    Between,
    Head(Head),
    Length(u64),
    Chunked(Chunked),
    /// After the first violation.
    Broken(Fault),
}

/// What a piece of the bytes holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many of the bytes may be read: all of them, unless there is a fault.
    pub sound: usize,
    /// The heads that end in them.
    pub heads: usize,
    /// What is wrong with the byte that follows them.
    pub fault: Option<Fault>,
    /// What the next byte belongs to.
    pub next: Next,
}

/// A part of what a client sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// A new request.
    #[default]
    Request,
    /// The head of a request that has begun.
    Head,
    /// The body of a request.
    Body,
    /// A frame of HTTP/2.
    Frame,
}

/// What is wrong, and with which part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule that is broken.
    pub violation: Violation,
    /// Whether the head of this request was in order.
    pub in_body: bool,
}

impl Scanner {
    /// A scanner for a connection on which nothing has come.
    pub fn new(limits: Limits) -> Self {
        Self { limits, at: At::Preface(0) }
    }

    /// Whether the end of the bytes so far is the end of a request.
    pub fn is_between_requests(&self) -> bool {
        matches!(self.at, At::Preface(0) | At::Frames | At::Between)
    }

    /// What the next byte belongs to.
    fn next(&self) -> Next {
        match &self.at {
            At::Preface(0) | At::Between => Next::Request,
            // No method of HTTP/1.1 that anybody uses begins so.
            At::Preface(PRI..) | At::Frames => Next::Frame,
            At::Preface(_) | At::Head(_) => Next::Head,
            At::Broken(fault) if !fault.in_body => Next::Head,
            At::Length(_) | At::Chunked(_) | At::Broken(_) => Next::Body,
        }
    }

    /// Whether a fault was found.
    pub fn is_broken(&self) -> bool {
        matches!(self.at, At::Broken(_))
    }

    /// Looks at the next bytes. After a fault, none are sound.
    pub fn scan(&mut self, bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        while let Some(rest) = bytes.get(seen.sound..).filter(|rest| !rest.is_empty()) {
            match self.advance(rest) {
                Ok((taken, head)) => {
                    seen.sound += taken;
                    seen.heads += usize::from(head);
                }
                Err(fault) => {
                    self.at = At::Broken(fault);
                    seen.fault = Some(fault);
                    break;
                }
            }
        }
        seen.next = self.next();
        seen
    }

    /// Takes some of `bytes`, of which there are any: how many, and whether a head ends with them.
    fn advance(&mut self, bytes: &[u8]) -> Result<(usize, bool), Fault> {
        match &mut self.at {
            At::Preface(matched) => match PREFACE[*matched..].strip_prefix(&bytes[..1]) {
                Some([]) => self.at = At::Frames,
                Some(_) => *matched += 1,
                None => {
                    let matched = *matched;
                    self.at = At::Between;
                    return self.replay(&PREFACE[..matched]).map(|()| (0, false));
                }
            },
            At::Frames => return Ok((bytes.len(), false)),
            At::Between => {
                self.at = At::Head(Head::new(&self.limits));
                return Ok((0, false));
            }
            At::Head(head) => {
                let run = head.run(bytes);
                if run > 0 {
                    return Ok((run, false));
                }
                let body = head.step(bytes[0]).map_err(|violation| Fault { violation, in_body: false })?;
                self.at = match body {
                    None => return Ok((1, false)),
                    Some(Body::None) => At::Between,
                    Some(Body::Length(length)) => At::Length(length),
                    Some(Body::Chunked) => At::Chunked(Chunked::new(&self.limits)),
                };
                return Ok((1, true));
            }
            At::Length(left) => {
                let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= taken as u64;
                if *left == 0 {
                    self.at = At::Between;
                }
                return Ok((taken, false));
            }
            At::Chunked(body) => {
                let run = body.run(bytes);
                if run > 0 {
                    return Ok((run, false));
                }
                if body.step(bytes[0]).map_err(|violation| Fault { violation, in_body: true })? {
                    self.at = At::Between;
                }
            }
            At::Broken(fault) => return Err(*fault),
        }
        Ok((1, false))
    }

    /// Takes bytes for HTTP/1.1 that could have been HTTP/2's. They are no whole head.
    fn replay(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            bytes = &bytes[self.advance(bytes)?.0..];
        }
        Ok(())
    }
}
