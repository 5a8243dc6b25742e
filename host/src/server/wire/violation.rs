//! What can be wrong with a request, the section that says so, and the status that answers it.

use http::StatusCode;

/// A rule that a request breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// CR or LF alone.
    #[error("a line ends with CR LF, and neither stands elsewhere (RFC 9112 section 2.2)")]
    LineEnd,
    /// No token.
    #[error("the method is no token (RFC 9112 section 3.1)")]
    Method,
    /// A tunnel is asked for.
    #[error("CONNECT is for proxies (RFC 9110 section 9.3.6)")]
    Connect,
    /// None of the forms of a request target that fit the method.
    #[error("the request target is malformed (RFC 9112 section 3.2)")]
    Target,
    /// The target fills the space of the whole head.
    #[error("the request target is too long (RFC 9110 section 15.5.15)")]
    TargetTooLong,
    /// No version.
    #[error("the request line does not end with a space and HTTP/1.1 or HTTP/1.0 (RFC 9112 section 2.3)")]
    VersionSyntax,
    /// A version that is not spoken.
    #[error("HTTP/1.1 and HTTP/1.0 are spoken here (RFC 9110 section 15.6.6)")]
    Version,
    /// A field without a proper name.
    #[error("a field begins with a token and a colon, without space (RFC 9112 section 5.1)")]
    FieldName,
    /// A field's line that goes on with the next.
    #[error("a field is one line (RFC 9112 section 5.2)")]
    Folding,
    /// A control character.
    #[error("a field's value has no control characters (RFC 9110 section 5.5)")]
    FieldValue,
    /// No Host in HTTP/1.1.
    #[error("the Host field is missing (RFC 9112 section 3.2)")]
    NoHost,
    /// Host twice.
    #[error("there is more than one Host field (RFC 9112 section 3.2)")]
    SeveralHosts,
    /// No host, or more than a host and a port.
    #[error("the Host field is no host with an optional port (RFC 9112 section 3.2)")]
    Host,
    /// Not a number.
    #[error("Content-Length is no decimal number of a possible size (RFC 9110 section 8.6)")]
    Length,
    /// Content-Length twice, whether the same or not.
    #[error("there is more than one Content-Length (RFC 9112 section 6.3)")]
    SeveralLengths,
    /// Two ways to tell the length.
    #[error("Content-Length and Transfer-Encoding exclude each other (RFC 9112 section 6.1)")]
    LengthAndCoding,
    /// Transfer-Encoding where there is none.
    #[error("HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)")]
    CodingVersion,
    /// No list of codings that ends with `chunked`.
    #[error("Transfer-Encoding does not end with one `chunked` (RFC 9112 section 6.3)")]
    Coding,
    /// A coding besides `chunked`.
    #[error("no transfer coding but `chunked` is understood (RFC 9112 section 6.1)")]
    UnknownCoding,
    /// The request line and the fields are too long together.
    #[error("the header block is too large (RFC 6585 section 5)")]
    HeadTooLarge,
    /// There are too many fields.
    #[error("there are too many header fields (RFC 6585 section 5)")]
    TooManyFields,
    /// No hexadecimal number where a chunk begins.
    #[error("a chunk begins with a hexadecimal number of a possible size (RFC 9112 section 7.1)")]
    ChunkSize,
    /// A malformed extension, or too much of them.
    #[error("a chunk's extension is malformed or too long (RFC 9112 section 7.1.1)")]
    ChunkExtension,
    /// A chunk is longer than it said.
    #[error("CR LF follows a chunk's data (RFC 9112 section 7.1)")]
    ChunkEnd,
    /// A trailer that would change the framing or the target.
    #[error("neither framing nor Host may be a trailer (RFC 9110 section 6.5.1)")]
    Trailer,
}

impl Violation {
    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge | Self::TooManyFields => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Connect | Self::UnknownCoding => StatusCode::NOT_IMPLEMENTED,
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
