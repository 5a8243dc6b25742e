//! Which bytes may stand where.

const TOKEN: u8 = 1;
const TARGET: u8 = 2;
const VALUE: u8 = 4;
const HOST: u8 = 8;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classes_of(byte as u8);
        byte += 1;
    }
    table
}

const fn classes_of(byte: u8) -> u8 {
    let alphanumeric = byte.is_ascii_alphanumeric();
    let graphic = byte.is_ascii_graphic();
    let mut classes = 0;
    // RFC 9110 section 5.6.2.
    if alphanumeric
        || graphic && !matches!(byte, b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'['..=b']' | b'{' | b'}')
    {
        classes |= TOKEN;
    }
    // RFC 3986 allows fewer: browsers send `|`, `^` and their like as they are.
    if graphic && !matches!(byte, b'"' | b'#' | b'<' | b'>') {
        classes |= TARGET;
    }
    // RFC 9110 section 5.5.
    if graphic || byte >= 0x80 || matches!(byte, b' ' | b'\t') {
        classes |= VALUE;
    }
    // RFC 3986 section 3.2.2; nobody has a host with a percent sign.
    if alphanumeric
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
    {
        classes |= HOST;
    }
    classes
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// A character of a token: methods, names of fields.
pub(super) fn is_token(byte: u8) -> bool {
    is(byte, TOKEN)
}

/// A character of a request target.
pub(super) fn is_target(byte: u8) -> bool {
    is(byte, TARGET)
}

/// A character of a field's value, spaces and tabs included.
pub(super) fn is_value(byte: u8) -> bool {
    is(byte, VALUE)
}

/// A character of a host's name.
pub(super) fn is_host(byte: u8) -> bool {
    is(byte, HOST)
}

/// How many of the first bytes are of one class.
pub(super) fn run(bytes: &[u8], of: fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !of(*byte)).unwrap_or(bytes.len())
}
