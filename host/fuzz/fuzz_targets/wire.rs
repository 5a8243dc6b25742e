//! Heads and bodies of HTTP/1.1: the scanner never panics, says the same however the bytes are split, and accepts no
//! head that httparse, which reads it next, understands otherwise.
#![no_main]

use catamaran::server::wire::{Limits, Scanner};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { head: 256, fields: 8 };

fuzz_target!(|bytes: &[u8]| {
    let mut whole = Scanner::new(LIMITS);
    let seen = whole.scan(bytes);
    assert!(seen.sound <= bytes.len());
    assert_eq!(seen.fault.is_some(), seen.sound < bytes.len());

    let mut single = Scanner::new(LIMITS);
    let (mut sound, mut heads, mut fault, mut head_end) = (0, 0, None, None);
    for (at, byte) in bytes.iter().enumerate() {
        let piece = single.scan(&[*byte]);
        sound += piece.sound;
        heads += piece.heads;
        if heads == 1 && head_end.is_none() {
            head_end = Some(at + 1);
        }
        fault = piece.fault;
        if fault.is_some() {
            break;
        }
    }
    assert_eq!((sound, heads, fault), (seen.sound, seen.heads, seen.fault));
    assert_eq!(single.is_between_requests(), whole.is_between_requests());

    if let Some(end) = head_end {
        let mut headers = [httparse::EMPTY_HEADER; LIMITS.fields];
        let mut request = httparse::Request::new(&mut headers);
        assert_eq!(request.parse(bytes), Ok(httparse::Status::Complete(end)));
    }
});
