//! How bounds are written: `500ms`, `16MiB`, `unlimited`.

#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

/// What lifts a bound.
const UNLIMITED: &str = "unlimited";

/// No clock runs over within it, and nobody waits for longer: the longest time, and the one for no bound.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A time, written `500ms`, `2s`, `1m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A size in bytes, written `64KiB`, `16MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub usize);

/// A bound that may be lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound<T> {
    /// At most this, and more than nothing.
    At(T),
    /// No bound.
    Unlimited,
}

/// Why a value is no bound.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// No time.
    #[error("write a time with its unit, such as 500ms, 2s or 1m")]
    Time,
    /// A time that no clock can add to now.
    #[error(
        "nothing lasts for more than a century: write a shorter time, or `{UNLIMITED}` where a bound can be lifted"
    )]
    TooLong,
    /// No size.
    #[error("write a size with its unit, such as 64KiB or 16MiB")]
    Size,
    /// A size that no machine has.
    #[error("no machine has as much: write a smaller size, or `{UNLIMITED}` where a bound can be lifted")]
    TooLarge,
    /// A size of nothing.
    #[error("0 is no size: write one from 1B on")]
    Nothing,
    /// More than HTTP/2 can announce.
    #[error("a window of HTTP/2 has at most 2147483647B, one byte less than 2GiB")]
    Window,
    /// No number of things.
    #[error("write a number from 1 on")]
    Count,
    /// Zero, which some take for no bound.
    #[error("0 is no bound: write `{UNLIMITED}` to lift it")]
    Zero,
}

/// How many of something there may be.
///
/// # Errors
/// When it is no whole number, or none at all.
pub fn count(text: &str) -> Result<NonZeroUsize, ValueError> {
    text.parse().map_err(|_| ValueError::Count)
}

/// A window of HTTP/2 (RFC 9113 section 6.9.1).
///
/// # Errors
/// When it is no size, or more than a window can have.
pub fn window(text: &str) -> Result<Size, ValueError> {
    match text.parse()? {
        Size(bytes) if bytes < 1 << 31 => Ok(Size(bytes)),
        _ => Err(ValueError::Window),
    }
}

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match humantime::parse_duration(text) {
            Ok(time) if time <= CENTURY => Ok(Self(time)),
            Ok(_) | Err(humantime::DurationError::NumberOverflow) => Err(ValueError::TooLong),
            Err(_) => Err(ValueError::Time),
        }
    }
}

impl FromStr for Size {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let size = text.parse::<bytesize::ByteSize>().map_err(|_| ValueError::Size)?;
        match usize::try_from(size.as_u64()) {
            Ok(0) => Err(ValueError::Nothing),
            Ok(size) if size <= isize::MAX as usize => Ok(Self(size)),
            _ => Err(ValueError::TooLarge),
        }
    }
}

impl<T: FromStr<Err = ValueError> + IsZero> FromStr for Bound<T> {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text == UNLIMITED {
            return Ok(Self::Unlimited);
        }
        match T::from_str(text) {
            Ok(value) if !value.is_zero() => Ok(Self::At(value)),
            Ok(_) | Err(ValueError::Nothing) => Err(ValueError::Zero),
            Err(error) => Err(error),
        }
    }
}

/// What [`Bound`] asks of its values.
pub trait IsZero {
    /// Whether a bound of this value would refuse everything.
    fn is_zero(&self) -> bool;
}

impl IsZero for Span {
    fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl IsZero for Size {
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl Bound<Span> {
    /// The time; without a bound, one that never comes.
    pub fn duration(self) -> Duration {
        match self {
            Self::At(span) => span.0,
            Self::Unlimited => CENTURY,
        }
    }
}

impl Bound<Size> {
    /// The size in bytes; without a bound, the largest that there is.
    pub fn bytes(self) -> usize {
        match self {
            Self::At(size) => size.0,
            Self::Unlimited => usize::MAX,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", humantime::format_duration(self.0))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Exact, so that it can be written as it was read.
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        let whole = |&&(power, _): &&(u32, &str)| self.0.trailing_zeros() >= power && self.0 != 0;
        match units.iter().find(whole) {
            Some((power, unit)) => write!(f, "{}{unit}", self.0 >> power),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Bound<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(value) => value.fmt(f),
            Self::Unlimited => f.write_str(UNLIMITED),
        }
    }
}
