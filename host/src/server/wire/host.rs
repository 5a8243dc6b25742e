//! A host with an optional port: the value of Host, and the authority of a target. RFC 3986 section 3.2.2.

use super::class;

/// What has come of it so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Host {
    #[default]
    Nothing,
    Name,
    /// Within the brackets of an IPv6 address.
    Address {
        empty: bool,
    },
    Bracket,
    Port {
        number: u16,
    },
}

impl Host {
    /// Whether this is one, as a whole.
    pub(super) fn is(text: &[u8]) -> bool {
        let mut host = Self::default();
        text.iter().all(|&byte| host.push(byte).is_some()) && host.is_complete()
    }

    /// Takes the next byte, or refuses it.
    pub(super) fn push(&mut self, byte: u8) -> Option<()> {
        *self = match (*self, byte) {
            (Self::Nothing, b'[') => Self::Address { empty: true },
            (Self::Nothing | Self::Name, _) if class::is_host(byte) => Self::Name,
            (Self::Name | Self::Bracket, b':') => Self::Port { number: 0 },
            (Self::Address { empty: false }, b']') => Self::Bracket,
            (Self::Address { .. }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b':' | b'.') => {
                Self::Address { empty: false }
            }
            (Self::Port { number }, b'0'..=b'9') => {
                Self::Port { number: number.checked_mul(10)?.checked_add(u16::from(byte - b'0'))? }
            }
            _ => return None,
        };
        Some(())
    }

    /// Whether it may end here. An `http` URI has a host (RFC 9110 section 4.2.1); a port may be empty.
    pub(super) fn is_complete(self) -> bool {
        matches!(self, Self::Name | Self::Bracket | Self::Port { .. })
    }
}
