//! Bounds as they are read and shown.

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
