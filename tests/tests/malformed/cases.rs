//! The requests: what is wrong with each and the section that says so, its bytes, and what it is answered.

/// The head of a request with a body in chunks, and the body.
macro_rules! chunked {
    ($body:literal) => {
        concat!("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n", $body).as_bytes()
    };
}

/// A head without its end, and the end: the last request of its connection.
macro_rules! last {
    ($head:literal) => {
        concat!($head, "connection: close\r\n\r\n").as_bytes()
    };
}

/// A whole request and another one.
macro_rules! pipelined {
    ($request:literal) => {
        concat!($request, "GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").as_bytes()
    };
}

/// What is wrong and the section that says so, the bytes, the status.
pub(super) type Case = (&'static str, &'static [u8], u16);

/// Wrong before the end of the header block.
pub(super) const HEADS: &[Case] = &[
    ("9112 2.2: LF alone after the request line", b"GET / HTTP/1.1\nhost: test\r\n\r\n", 400),
    ("9112 2.2: LF alone after a field", b"GET / HTTP/1.1\r\nhost: test\n\r\n", 400),
    ("9112 2.2: LF alone as the empty line", b"GET / HTTP/1.1\r\nhost: test\r\n\n", 400),
    ("9112 2.2: LF alone everywhere", b"GET / HTTP/1.1\nhost: test\n\n", 400),
    ("9112 2.2: LF alone before the request", b"\nGET / HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 2.2: CR alone after the request line", b"GET / HTTP/1.1\rhost: test\r\n\r\n", 400),
    ("9112 2.2: CR alone within a value", b"GET / HTTP/1.1\r\nhost: test\r\na: b\rc: d\r\n\r\n", 400),
    ("9112 2.2: CR twice", b"GET / HTTP/1.1\r\nhost: test\r\r\n\r\n", 400),
    ("9112 2.2: space before the first field", b"GET / HTTP/1.1\r\n host: test\r\n\r\n", 400),
    ("9112 2.2: space before the request", b" GET / HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 2.3: the version in lower case", b"GET / http/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 2.3: the version without its second digit", b"GET / HTTP/1\r\nhost: test\r\n\r\n", 400),
    ("9112 2.3: a version of two digits", b"GET / HTTP/1.10\r\nhost: test\r\n\r\n", 400),
    ("9112 2.3: another protocol", b"GET / HTTPS/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3: no version, as in HTTP/0.9", b"GET /\r\n\r\n", 400),
    ("9110 15.6.6: HTTP/1.2", b"GET / HTTP/1.2\r\nhost: test\r\n\r\n", 505),
    ("9110 15.6.6: HTTP/2.0 without its preface", b"GET / HTTP/2.0\r\nhost: test\r\n\r\n", 505),
    ("9110 15.6.6: HTTP/0.9 with a version", b"GET / HTTP/0.9\r\nhost: test\r\n\r\n", 505),
    ("9112 3: two spaces before the target", b"GET  / HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3: two spaces before the version", b"GET /  HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3: a tab for a space", b"GET\t/ HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3: a space after the version", b"GET / HTTP/1.1 \r\nhost: test\r\n\r\n", 400),
    ("9112 3: no target", b"GET HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.1: no method", b"/ HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.1: a method that is no token", b"GE(T / HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.1: a control character in the method", b"GE\x00T / HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2: NUL in the target", b"GET /\x00 HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2: DEL in the target", b"GET /\x7f HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2: a byte that is not ASCII in the target", b"GET /\xc3\xa4 HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2: a fragment", b"GET /#top HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2.1: no slash", b"GET healthz HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2.2: userinfo", b"GET http://me@test/ HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2.2: no host", b"GET http:///healthz HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2.2: another scheme", b"GET ftp://test/ HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2.3: authority-form without CONNECT", b"GET test:80 HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9112 3.2.4: asterisk-form without OPTIONS", b"GET * HTTP/1.1\r\nhost: test\r\n\r\n", 400),
    ("9110 9.3.6: CONNECT, as to a proxy", b"CONNECT test:80 HTTP/1.1\r\nhost: test\r\n\r\n", 501),
    ("9112 3.2: no Host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("9112 3.2: an absolute target and no Host", b"GET http://test/ HTTP/1.1\r\n\r\n", 400),
    ("9112 3.2: Host twice", b"GET / HTTP/1.1\r\nhost: test\r\nHost: test\r\n\r\n", 400),
    ("9112 3.2: an empty Host", b"GET / HTTP/1.1\r\nhost:\r\n\r\n", 400),
    ("9112 3.2: a Host with a path", b"GET / HTTP/1.1\r\nhost: test/a\r\n\r\n", 400),
    ("9112 3.2: a Host with userinfo", b"GET / HTTP/1.1\r\nhost: me@test\r\n\r\n", 400),
    ("9112 3.2: a Host with two ports", b"GET / HTTP/1.1\r\nhost: test:80:80\r\n\r\n", 400),
    ("9112 3.2: a Host with an impossible port", b"GET / HTTP/1.1\r\nhost: test:65536\r\n\r\n", 400),
    ("9112 3.2: two words for a Host", b"GET / HTTP/1.1\r\nhost: one two\r\n\r\n", 400),
    ("9112 5: no colon", b"GET / HTTP/1.1\r\nhost: test\r\nname\r\n\r\n", 400),
    ("9112 5: no name", b"GET / HTTP/1.1\r\nhost: test\r\n: value\r\n\r\n", 400),
    ("9112 5.1: a space before the colon", b"GET / HTTP/1.1\r\nhost: test\r\ncontent-length : 0\r\n\r\n", 400),
    ("9110 5.1: a name that is no token", b"GET / HTTP/1.1\r\nhost: test\r\nna(me: value\r\n\r\n", 400),
    ("9110 5.1: NUL in a name", b"GET / HTTP/1.1\r\nhost: test\r\nna\x00me: value\r\n\r\n", 400),
    ("9110 5.1: a name that is not ASCII", b"GET / HTTP/1.1\r\nhost: test\r\nn\xe4me: value\r\n\r\n", 400),
    ("9112 5.2: a folded field", b"GET / HTTP/1.1\r\nhost: test\r\na: b\r\n c\r\n\r\n", 400),
    ("9112 5.2: a field folded with a tab", b"GET / HTTP/1.1\r\nhost: test\r\na: b\r\n\tc\r\n\r\n", 400),
    ("9110 5.5: NUL in a value", b"GET / HTTP/1.1\r\nhost: test\r\na: \x00\r\n\r\n", 400),
    ("9110 5.5: a control character in a value", b"GET / HTTP/1.1\r\nhost: test\r\na: \x1b[2J\r\n\r\n", 400),
    ("9110 8.6: a length that is none", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: one\r\n\r\n", 400),
    ("9110 8.6: no length", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length:\r\n\r\n", 400),
    ("9110 8.6: a length with a sign", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: +0\r\n\r\n", 400),
    ("9110 8.6: a length below zero", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: -1\r\n\r\n", 400),
    ("9110 8.6: a hexadecimal length", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 0x0\r\n\r\n", 400),
    ("9110 8.6: two numbers", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 0 0\r\n\r\n", 400),
    ("9110 8.6: a list", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 0, 0\r\n\r\n", 400),
    (
        "9110 8.6: a length that no counter holds",
        b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 18446744073709551616\r\n\r\n",
        400,
    ),
    ("9112 6.3: two lengths", b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 0\r\ncontent-length: 40\r\n\r\n", 400),
    (
        "9112 6.3: the same length twice",
        b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n",
        400,
    ),
    (
        "9112 6.1: a length and a coding",
        b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "9112 6.1: a coding and a length",
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "9112 6.1: a coding in HTTP/1.0",
        b"POST / HTTP/1.0\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("9112 6.3: no chunked", b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: gzip\r\n\r\n", 400),
    ("9112 6.3: identity", b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: identity\r\n\r\n", 400),
    ("9112 6.3: an empty coding", b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding:\r\n\r\n", 400),
    (
        "9112 6.3: chunked is not the last",
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "9112 6.1: chunked twice",
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "9112 6.1: chunked on two lines",
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "9112 7.1: chunked with a parameter",
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked;a=b\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "9112 6.1: a vertical tab before chunked",
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "9112 6.1: a coding that is not understood",
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
];

/// Wrong after a header block that is in order.
pub(super) const BODIES: &[Case] = &[
    ("9112 7.1: a size that is none", chunked!("x\r\n\r\n"), 400),
    ("9112 7.1: no size", chunked!("\r\n\r\n"), 400),
    ("9112 7.1: a size with a sign", chunked!("-1\r\n\r\n"), 400),
    ("9112 7.1: a size with a prefix", chunked!("0x1\r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1: a space before the size", chunked!(" 1\r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1: a space after the size", chunked!("1 \r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1: a size that no counter holds", chunked!("10000000000000000\r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1: LF alone after the size", chunked!("1\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1: CR alone after the size", chunked!("1\ra\r\n0\r\n\r\n"), 400),
    ("9112 7.1: data without an end", chunked!("1\r\na0\r\n\r\n"), 400),
    ("9112 7.1: more data than the size says", chunked!("1\r\nab\r\n0\r\n\r\n"), 400),
    ("9112 7.1: LF alone after the data", chunked!("1\r\na\n0\r\n\r\n"), 400),
    ("9112 7.1.1: LF in an extension", chunked!("1;a\nb\r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1.1: NUL in an extension", chunked!("1;a\0b\r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1.1: an extension without a name", chunked!("1;\r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1.1: an open quotation", chunked!("1;a=\"b\r\na\r\n0\r\n\r\n"), 400),
    ("9112 7.1.2: LF alone after the last chunk", chunked!("0\n\r\n"), 400),
    ("9112 7.1.2: LF alone as the end", chunked!("0\r\n\n"), 400),
    ("9112 7.1.2: a trailer without a colon", chunked!("0\r\nname\r\n\r\n"), 400),
    ("9112 7.1.2: a folded trailer", chunked!("0\r\na: b\r\n c\r\n\r\n"), 400),
    ("9110 5.5: NUL in a trailer", chunked!("0\r\na: \0\r\n\r\n"), 400),
    ("9110 6.5.1: a length as a trailer", chunked!("0\r\ncontent-length: 5\r\n\r\n"), 400),
    ("9110 6.5.1: a coding as a trailer", chunked!("0\r\ntransfer-encoding: chunked\r\n\r\n"), 400),
];

/// Requests that must be served, and how many they are. The last one asks for the end of the connection.
pub(super) const VALID: &[(&str, &[u8], usize)] = &[
    ("9112 2.2: empty lines before the request", last!("\r\n\r\nGET /healthz HTTP/1.1\r\nhost: test\r\n"), 1),
    ("9112 3.2: HTTP/1.0 without Host", b"GET /healthz HTTP/1.0\r\n\r\n", 1),
    ("9112 3.2: HTTP/1.0 with Host", b"GET /healthz HTTP/1.0\r\nhost: test\r\n\r\n", 1),
    ("9112 3.2.2: absolute-form", last!("GET http://test/healthz HTTP/1.1\r\nhost: test\r\n"), 1),
    ("9112 3.2.2: absolute-form, and another Host", last!("GET http://test/healthz HTTP/1.1\r\nhost: other\r\n"), 1),
    ("3986 3.1: a scheme in upper case", last!("GET HTTP://test/healthz HTTP/1.1\r\nhost: test\r\n"), 1),
    ("9110 4.2.3: an absolute target without a path", last!("GET http://test HTTP/1.1\r\nhost: test\r\n"), 1),
    ("3986 3.2.2: an IPv6 address and a port", last!("GET /healthz HTTP/1.1\r\nhost: [::1]:8000\r\n"), 1),
    ("3986 3.2.3: an empty port", last!("GET /healthz HTTP/1.1\r\nhost: test:\r\n"), 1),
    (
        "3986 3.4: a query with all that may stand in it",
        last!("GET /healthz?a=b&c=%20/?:@!$'()*+,;- HTTP/1.1\r\nhost: a\r\n"),
        1,
    ),
    ("9112 5: no space before a value", last!("GET /healthz HTTP/1.1\r\nhost:test\r\na:b\r\n"), 1),
    ("9112 5: space around a value", last!("GET /healthz HTTP/1.1\r\nhost: \t test \t \r\na: \tb\t \r\n"), 1),
    ("9112 5: an empty value", last!("GET /healthz HTTP/1.1\r\nhost: test\r\na:\r\nb: \r\n"), 1),
    ("9110 5.1: names in any case", last!("GET /healthz HTTP/1.1\r\nHOST: test\r\nAccEpt: */*\r\n"), 1),
    ("9110 5.5: a value beyond ASCII", b"GET /healthz HTTP/1.1\r\nhost: a\r\na: \xe4\r\nconnection: close\r\n\r\n", 1),
    ("9110 5.6.2: a name of odd characters", last!("GET /healthz HTTP/1.1\r\nhost: a\r\n!#$%&'*+-.^_`|~9: b\r\n"), 1),
    ("9112 9.3.2: pipelining", pipelined!("GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"), 2),
    (
        "9112 2.2: an empty line after a body",
        pipelined!("GET /healthz HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\nab\r\n"),
        2,
    ),
    ("9110 8.6: no body at all", pipelined!("GET /healthz HTTP/1.1\r\nhost: test\r\ncontent-length: 00\r\n\r\n"), 2),
    ("9112 6.3: a body", pipelined!("GET /healthz HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\nab"), 2),
    (
        "9112 7.1: chunks",
        pipelined!(
            "GET /healthz HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n"
        ),
        2,
    ),
    (
        "9112 7.1: a coding in any case",
        pipelined!("GET /healthz HTTP/1.1\r\nhost: a\r\ntransfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n"),
        2,
    ),
    (
        "9112 7.1: zeros before a size",
        pipelined!("GET /healthz HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0001\r\na\r\n000\r\n\r\n"),
        2,
    ),
    (
        "9112 7.1.1: extensions",
        pipelined!(
            "GET /healthz HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;a;b=c ; d = \"\\\"e\\\\;\"\r\na\r\n0;a\r\n\r\n"
        ),
        2,
    ),
    (
        "9112 7.1.2: trailers",
        pipelined!(
            "GET /healthz HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\na: b\r\nc:\r\n\r\n"
        ),
        2,
    ),
];

/// What may come after a chunk and is wrong, in every part that a chunked body has.
pub(super) const FAULTS: &[&str] =
    &["x\r\n", "1 \r\nb\r\n", "1\nb\r\n", "1\r\nbc\r\n", "1;\r\nb\r\n", "0\n\r\n", "0\r\na\r\n\r\n"];
