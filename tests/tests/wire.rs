//! The scanner of HTTP/1.1 against the grammar itself, against httparse, and against itself on bytes split otherwise.

use std::ops::Range;
use std::sync::LazyLock;

use catamaran::server::wire::{Limits, Next, Scanner, Seen, Violation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use regex::bytes::Regex;

const LIMITS: Limits = Limits { head: 64 << 10, fields: 100 };

/// The grammar of RFC 9112, with the characters of RFC 9110 and RFC 3986, as far as one expression can say it.
mod grammar {
    use super::{LazyLock, Regex};

    const TOKEN: &str = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+";
    const VALUE: &str = r"[\t\x20-\x7e\x80-\xff]*";
    const HOST: &str = r"(?:[0-9A-Za-z\-._~!$&'()*+,;=]+|\[[0-9A-Fa-f:.]+\])(?::(?<port>[0-9]*))?";
    const QUOTED: &str = r#""(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*""#;

    type Rule = LazyLock<Regex>;

    fn rule(text: &str) -> Regex {
        Regex::new(&format!(r"(?s-u)\A(?:{text})")).expect("an expression")
    }

    pub(crate) static HEAD: Rule = LazyLock::new(|| {
        let path = r"[!$-;=?-~]*";
        let target = format!(r"(?<origin>/{path})|(?<absolute>(?i:https?)://{HOST}(?:[/?]{path})?)|(?<asterisk>\*)");
        rule(&format!(
            r"(?:\r\n)*(?<method>{TOKEN}) (?:{target}) HTTP/1\.(?<minor>[01])\r\n(?<fields>(?:{TOKEN}:{VALUE}\r\n)*)\r\n"
        ))
    });
    pub(crate) static FIELD: Rule =
        LazyLock::new(|| rule(&format!(r"(?<name>{TOKEN}):[\t ]*(?<value>{VALUE}?)[\t ]*\r\n")));
    pub(crate) static AUTHORITY: Rule = LazyLock::new(|| rule(&format!(r"{HOST}\z")));
    pub(crate) static LENGTH: Rule = LazyLock::new(|| rule(r"[0-9]+\z"));
    pub(crate) static CHUNK: Rule = LazyLock::new(|| {
        let extension = format!(r"[\t ]*;[\t ]*{TOKEN}(?:[\t ]*=[\t ]*(?:{TOKEN}|{QUOTED}))?");
        rule(&format!(r"(?<size>[0-9A-Fa-f]{{1,15}})(?:{extension})*\r\n"))
    });
    pub(crate) static TRAILERS: Rule = LazyLock::new(|| rule(&format!(r"(?<fields>(?:{TOKEN}:{VALUE}\r\n)*)\r\n")));
}

fn port_is_possible(port: &[u8]) -> bool {
    port.iter().try_fold(0_u16, |port, digit| port.checked_mul(10)?.checked_add(u16::from(digit - b'0'))).is_some()
}

fn is_host(value: &[u8]) -> bool {
    let captures = grammar::AUTHORITY.captures(value);
    captures.is_some_and(|captures| captures.name("port").is_none_or(|port| port_is_possible(port.as_bytes())))
}

/// The fields of some lines, with their names in lower case.
fn fields(mut lines: &[u8]) -> Vec<(Vec<u8>, &[u8])> {
    let mut fields = Vec::new();
    while let Some(field) = grammar::FIELD.captures(lines) {
        fields.push((field["name"].to_ascii_lowercase(), field.name("value").expect("a value").as_bytes()));
        lines = &lines[field[0].len()..];
    }
    fields
}

/// How many requests `bytes` are; nothing, where they are not whole and well-formed requests.
fn requests(mut bytes: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !bytes.is_empty() {
        bytes = &bytes[request(bytes)?..];
        count += 1;
    }
    Some(count)
}

/// The length of the request that `bytes` begin with.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = grammar::HEAD.captures(bytes)?;
    let old = &head["minor"] == b"0";
    let asterisk = head.name("asterisk").is_some();
    if &head["method"] == b"CONNECT" || asterisk && &head["method"] != b"OPTIONS" {
        return None;
    }
    if head.name("port").is_some_and(|port| !port_is_possible(port.as_bytes())) {
        return None;
    }
    let fields = fields(head.name("fields")?.as_bytes());
    let values = |name: &[u8]| fields.iter().filter(|field| field.0 == name).map(|field| field.1).collect::<Vec<_>>();
    let hosts_are_right = match *values(b"host") {
        [] => old,
        [host] => is_host(host),
        _ => false,
    };
    let after = &bytes[head[0].len()..];
    let body = match (&*values(b"content-length"), &*values(b"transfer-encoding")) {
        ([], []) => 0,
        ([length], []) if grammar::LENGTH.is_match(length) => {
            let length = std::str::from_utf8(length).ok()?.parse::<i64>().ok()?;
            usize::try_from(length).ok().filter(|length| *length <= after.len())?
        }
        ([], [coding]) if !old && coding.eq_ignore_ascii_case(b"chunked") => chunks(after)?,
        _ => return None,
    };
    hosts_are_right.then_some(head[0].len() + body)
}

/// The length of the chunked body that `bytes` begin with.
fn chunks(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = grammar::CHUNK.captures(&bytes[at..])?;
        at += line[0].len();
        let size = usize::from_str_radix(std::str::from_utf8(&line["size"]).ok()?, 16).ok()?;
        if size == 0 {
            let trailers = grammar::TRAILERS.captures(&bytes[at..])?;
            let forbidden = [&b"host"[..], b"content-length", b"transfer-encoding"];
            let fields = fields(trailers.name("fields")?.as_bytes());
            let forbidden = fields.iter().any(|field| forbidden.contains(&&*field.0));
            return (!forbidden).then_some(at + trailers[0].len());
        }
        at += size;
        bytes.get(at..)?.strip_prefix(b"\r\n")?;
        at += 2;
    }
}

/// What the scanner says of `bytes` in pieces, and whether they end where a request ends.
fn scan(limits: Limits, bytes: &[u8], cuts: &[usize]) -> (Seen, bool) {
    let mut scanner = Scanner::new(limits);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]).collect();
    cuts.sort_unstable();
    let mut seen = Seen::default();
    let mut start = 0;
    for end in cuts {
        let Range { start: from, end: to } = std::mem::replace(&mut start, end)..end;
        let piece = scanner.scan(&bytes[from..to]);
        if seen.fault.is_some() {
            assert_eq!((piece.sound, piece.heads), (0, 0), "something is sound after a fault");
            continue;
        }
        seen.sound += piece.sound;
        seen.heads += piece.heads;
        seen.fault = piece.fault;
        seen.next = piece.next;
    }
    (seen, scanner.is_between_requests())
}

/// The number of requests, where the scanner finds them whole and well-formed.
fn scanned(bytes: &[u8]) -> Option<usize> {
    let (seen, between) = scan(LIMITS, bytes, &[]);
    (seen.fault.is_none() && between).then_some(seen.heads)
}

/// Mostly one of the first, which are right; sometimes one of the second, which are wrong or odd.
fn part(right: &'static [&'static str], odd: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![9 => select(right), 1 => select(odd)].prop_map(str::to_owned)
}

/// A request of parts that are mostly right.
fn written() -> impl Strategy<Value = Vec<u8>> {
    let method = part(&["GET", "POST", "OPTIONS", "P", "PRI", "odd-method!"], &["CONNECT", "", "G T"]);
    let target = part(
        &["/", "/a?b=c", "http://test", "HTTPS://a:1/", "http://[::1]:80?a", "/{|}^`"],
        &["*", "http://", "a:80", "ftp://a/", "/#", "http://a:65536/", "httpss://a/"],
    );
    let version = part(&["HTTP/1.1"], &["HTTP/1.0", "HTTP/1.2", "http/1.1"]);
    let host = part(
        &["Host: test\r\n", "host:[::1]:8000 \r\n", "hOST: a,b:65535\r\n"],
        &["host: a:65536\r\n", "host: \r\n", "", "host: [a\r\n", "host: a b\r\n"],
    );
    let field = part(
        &["a: b\r\n", "a:\r\n", "A-b:\t c d \r\n", "content-length-: x\r\n"],
        &["host: again\r\n", "no colon\r\n", "a : b\r\n", " fold\r\n"],
    );
    let body = part(
        &[
            "\r\n",
            "Content-Length: 3\r\n\r\nabc",
            "content-length: 0 \r\n\r\n",
            "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "Transfer-Encoding: Chunked \r\n\r\n3 ; a = \"b\\\"\" ;c\r\nabc\r\n00\r\na: b\r\n\r\n",
        ],
        &[
            "content-length: 003\r\ncontent-length: 3\r\n\r\nabc",
            "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc",
            "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "transfer-encoding: ,chunked\r\n\r\n0;a=b;c\r\nhost: a\r\n\r\n",
        ],
    );
    (method, target, version, host, vec(field, 0..2), body).prop_map(|(method, target, version, host, fields, body)| {
        format!("{method} {target} {version}\r\n{host}{}{body}", fields.concat()).into_bytes()
    })
}

/// Some requests in a row, with some bytes changed.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = select(&b"\r\n\r\n \t:;,=\"\\/?#@[]*0139aZ-\0\x7f\x80\xff"[..]);
    let change = (any::<prop::sample::Index>(), 0..3_u8, byte);
    (vec(written(), 1..3), vec(change, 0..3)).prop_map(|(requests, changes)| {
        let mut bytes = requests.concat();
        for (index, kind, byte) in changes {
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn it_accepts_what_the_grammar_accepts(bytes in stream()) {
        prop_assert_eq!(scanned(&bytes), requests(&bytes), "{}", bytes.escape_ascii());
    }

    #[test]
    fn it_says_the_same_however_the_bytes_are_split(bytes in stream(), cuts in vec(any::<usize>(), 0..8)) {
        prop_assert_eq!(scan(LIMITS, &bytes, &[]), scan(LIMITS, &bytes, &cuts), "{}", bytes.escape_ascii());
    }

    #[test]
    fn its_limits_hold_however_the_bytes_are_split(
        bytes in stream(), cuts in vec(any::<usize>(), 0..8), head in 1..90_usize, fields in 0..4_usize,
    ) {
        let limits = Limits { head, fields };
        prop_assert_eq!(scan(limits, &bytes, &[]), scan(limits, &bytes, &cuts), "{}", bytes.escape_ascii());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..200), cuts in vec(any::<usize>(), 0..8)) {
        prop_assert_eq!(scan(LIMITS, &bytes, &[]), scan(LIMITS, &bytes, &cuts));
    }

    #[test]
    fn a_head_that_it_accepts_is_read_to_the_same_end_by_httparse(bytes in stream()) {
        let mut scanner = Scanner::new(LIMITS);
        let end = bytes.iter().position(|byte| scanner.scan(&[*byte]).heads == 1);
        if let Some(end) = end {
            let mut headers = [httparse::EMPTY_HEADER; 100];
            let mut request = httparse::Request::new(&mut headers);
            let read = request.parse(&bytes);
            prop_assert_eq!(read, Ok(httparse::Status::Complete(end + 1)), "{}", bytes.escape_ascii());
            let written = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
            let empty = bytes.iter().take_while(|byte| b"\r\n".contains(byte)).count() / 2;
            prop_assert_eq!(request.headers.len(), written - empty - 1);
        }
    }
}

#[test]
fn the_grammar_accepts_and_refuses_much_of_what_is_tried() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut accepted = 0;
    for _ in 0..2000 {
        let bytes = stream().new_tree(&mut runner).expect("a value").current();
        accepted += usize::from(requests(&bytes).is_some());
    }
    assert!((300..1700).contains(&accepted), "{accepted} of 2000 are accepted");
}

#[test]
fn frames_of_http_2_are_none_of_its_business() {
    let bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\r\n\n";
    let (seen, _) = scan(LIMITS, bytes, &[7]);
    assert_eq!(seen, Seen { sound: bytes.len(), heads: 0, fault: None, next: Next::Frame });
    // Only at the beginning of a connection.
    let (seen, _) = scan(LIMITS, &[b"GET / HTTP/1.0\r\n\r\n", &bytes[..]].concat(), &[]);
    assert_eq!(seen.fault.map(|fault| fault.violation), Some(Violation::Target));
}
