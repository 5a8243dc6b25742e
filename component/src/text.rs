//! Lengths and entity tags of texts, as texts, when the crate is compiled.

/// The decimal digits of a constant text's length in bytes: a value for `Content-Length`.
macro_rules! length {
    ($text:expr) => {{
        const LENGTH: usize = $text.len();
        const DIGITS: [u8; $crate::text::width(LENGTH)] = $crate::text::decimal(LENGTH);
        &DIGITS
    }};
}

/// A strong entity tag of a constant text (RFC 9110, section 8.8.3): its FNV-1a hash, quoted.
macro_rules! entity_tag {
    ($text:expr) => {{
        const TAG: [u8; 18] = $crate::text::quoted_hex($crate::text::fnv1a($text));
        &TAG
    }};
}

pub(crate) use {entity_tag, length};

/// How many decimal digits `number` has.
pub(crate) const fn width(number: usize) -> usize {
    if number == 0 { 1 } else { number.ilog10() as usize + 1 }
}

/// The `N` last decimal digits of `number`.
pub(crate) const fn decimal<const N: usize>(mut number: usize) -> [u8; N] {
    let mut digits = [b'0'; N];
    let mut at = N;
    while at > 0 {
        at -= 1;
        digits[at] += (number % 10) as u8;
        number /= 10;
    }
    digits
}

/// FNV-1a, 64 bits. Texts of our own need no defence against chosen collisions.
pub(crate) const fn fnv1a(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x100_0000_01b3);
        at += 1;
    }
    hash
}

/// `number` as 16 hexadecimal digits between quotes.
pub(crate) const fn quoted_hex(number: u64) -> [u8; 18] {
    let mut quoted = [b'"'; 18];
    let mut at = 0;
    while at < 16 {
        quoted[at + 1] = b"0123456789abcdef"[(number >> (60 - 4 * at)) as usize & 0xf];
        at += 1;
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_written_in_decimal() {
        assert_eq!(length!(""), b"0");
        assert_eq!(length!("123456789"), b"9");
        assert_eq!(length!("1234567890"), b"10");
        assert_eq!(decimal::<4>(4096), *b"4096");
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        // Test vectors of the FNV authors (http://www.isthe.com/chongo/src/fnv/test_fnv.c).
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn an_entity_tag_is_quoted_and_keeps_leading_zeros() {
        assert_eq!(entity_tag!("a"), b"\"af63dc4c8601ec8c\"");
        assert_eq!(quoted_hex(0x2a), *b"\"000000000000002a\"");
    }
}
