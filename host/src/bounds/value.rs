//! How bounds are written: `500ms`, `16MiB`, `unlimited`.

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Times of every length that is permitted, few of which are round.
    fn time() -> impl Strategy<Value = Duration> {
        (0..CENTURY.as_secs(), prop_oneof![Just(0), 0..1_000_000_000_u32])
            .prop_map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds))
    }

    /// Sizes of every magnitude, round ones among them.
    fn size() -> impl Strategy<Value = usize> {
        (0..isize::BITS - 1, 1..=isize::MAX as usize, any::<bool>())
            .prop_map(|(power, number, round)| if round { 1 << power } else { (number >> power).max(1) })
    }

    /// What is almost a value.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["\\PC*", "[0-9.]{0,25} ?(n|u|m|µ)?(s|sec|min|h|d|w|y|B|KiB|GB|EiB|unlimited)?( [0-9]{1,20}s)?"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

        #[test]
        fn what_is_displayed_is_read_as_the_same_value(time in time(), size in size()) {
            prop_assert_eq!(Span(time).to_string().parse(), Ok(Span(time)));
            prop_assert_eq!(Size(size).to_string().parse(), Ok(Size(size)));
            prop_assert_eq!(Bound::At(Size(size)).to_string().parse(), Ok(Bound::At(Size(size))));
            prop_assert_eq!(Bound::<Span>::Unlimited.to_string().parse(), Ok(Bound::<Span>::Unlimited));
        }

        #[test]
        fn no_text_makes_it_panic_and_what_is_read_can_be_used(text in text()) {
            if let Ok(bound) = text.parse::<Bound<Span>>() {
                let end = std::time::Instant::now().checked_add(bound.duration());
                prop_assert!(end.is_some() && !bound.duration().is_zero(), "{text}: {bound}");
            }
            if let Ok(bound) = text.parse::<Bound<Size>>() {
                prop_assert!(bound.bytes() > 0, "{text}: {bound}");
            }
        }
    }

    #[test]
    fn times_and_sizes_need_a_unit() {
        assert_eq!("500ms".parse(), Ok(Span(Duration::from_millis(500))));
        assert_eq!("1m".parse(), Ok(Span(Duration::from_secs(60))));
        assert_eq!("64KiB".parse(), Ok(Size(65_536)));
        assert_eq!("16MiB".parse(), Ok(Size(16 << 20)));
        assert_eq!("5".parse::<Span>(), Err(ValueError::Time));
        assert_eq!("101y".parse::<Span>(), Err(ValueError::TooLong));
        assert_eq!("99999999999999999999s".parse::<Span>(), Err(ValueError::TooLong));
        assert_eq!("much".parse::<Size>(), Err(ValueError::Size));
        assert_eq!("99999999999GiB".parse::<Size>(), Err(ValueError::TooLarge));
        assert_eq!(window("2147483647B"), Ok(Size(2_147_483_647)));
        assert_eq!(window("2GiB"), Err(ValueError::Window));
    }

    #[test]
    fn zero_is_not_unlimited() {
        assert_eq!("0s".parse::<Bound<Span>>(), Err(ValueError::Zero));
        assert_eq!("0B".parse::<Bound<Size>>(), Err(ValueError::Zero));
        assert_eq!("0B".parse::<Size>(), Err(ValueError::Nothing));
        assert_eq!("unlimited".parse(), Ok(Bound::<Size>::Unlimited));
    }
}
