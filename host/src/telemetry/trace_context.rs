//! `traceparent` and `tracestate`, as <https://www.w3.org/TR/trace-context/> has them.
//!
//! The parser is ours because the one of the OpenTelemetry SDK takes ids that are too short.

use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

use super::ids;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// `00-` trace `-` parent `-` flags.
const LENGTH: usize = 55;

/// The context that a request came with, when it is valid.
pub(super) fn read(headers: &HeaderMap) -> Option<SpanContext> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (trace, parent, flags) = parse(value.as_bytes())?;
    Some(SpanContext::new(trace, parent, flags, true, state(headers)))
}

/// A new span's context in the trace of `parent`, or in a new one. A new trace is not sampled: nobody records it.
pub(super) fn child(parent: Option<&SpanContext>) -> SpanContext {
    let span = SpanId::from_bytes(ids::random());
    match parent {
        Some(parent) => {
            SpanContext::new(parent.trace_id(), span, parent.trace_flags(), false, parent.trace_state().clone())
        }
        None => {
            let trace = TraceId::from_bytes(ids::random());
            SpanContext::new(trace, span, TraceFlags::NOT_SAMPLED, false, TraceState::NONE)
        }
    }
}

/// Makes `context` the one that the guest sees.
pub(super) fn write(headers: &mut HeaderMap, context: &SpanContext) {
    let mut text = Vec::with_capacity(LENGTH);
    text.extend_from_slice(b"00-");
    ids::push_hex(&mut text, &context.trace_id().to_bytes());
    text.push(b'-');
    ids::push_hex(&mut text, &context.span_id().to_bytes());
    text.push(b'-');
    ids::push_hex(&mut text, &[context.trace_flags().to_u8()]);
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(text)) {
        headers.insert(TRACEPARENT, value);
    }
    match HeaderValue::try_from(context.trace_state().header()) {
        Ok(value) if !value.is_empty() => _ = headers.insert(TRACESTATE, value),
        _ => _ = headers.remove(TRACESTATE),
    }
}

/// Section 3.2: a higher version may have more behind what version 00 has; version ff is invalid.
fn parse(text: &[u8]) -> Option<(TraceId, SpanId, TraceFlags)> {
    let [version] = ids::parse_hex(text.get(..2)?)?;
    let fits = match version {
        0 => text.len() == LENGTH,
        0xff => false,
        _ => text.len() == LENGTH || text.get(LENGTH) == Some(&b'-'),
    };
    let dashes = [2, 35, 52].iter().all(|&at| text.get(at) == Some(&b'-'));
    if !fits || !dashes {
        return None;
    }
    let trace = TraceId::from_bytes(ids::parse_hex(&text[3..35])?);
    let parent = SpanId::from_bytes(ids::parse_hex(&text[36..52])?);
    let [flags] = ids::parse_hex(&text[53..55])?;
    // Section 3.2.2.5.2: what we do not know of the flags is not passed on.
    let valid = trace != TraceId::INVALID && parent != SpanId::INVALID;
    valid.then_some((trace, parent, TraceFlags::new(flags) & TraceFlags::SAMPLED))
}

/// A state that cannot be read is dropped; the trace goes on without it (section 3.3).
fn state(headers: &HeaderMap) -> TraceState {
    let values = headers.get_all(TRACESTATE).iter().map(HeaderValue::to_str);
    let state = values.collect::<Result<Vec<_>, _>>().map(|values| values.join(","));
    state.ok().and_then(|state| TraceState::from_str(&state).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    fn is_valid(text: &str) -> bool {
        parse(text.as_bytes()).is_some()
    }

    #[test]
    fn what_the_recommendation_allows_is_taken() {
        for (version, rest) in [("00", "01"), ("00", "00"), ("00", "ff"), ("01", "01"), ("cc", "01-what-comes-later")] {
            assert!(is_valid(&format!("{version}-{TRACE}-{PARENT}-{rest}")), "{version} {rest}");
        }
    }

    #[test]
    fn what_the_recommendation_forbids_is_not() {
        let upper = TRACE.to_uppercase();
        let zero = "0".repeat(32);
        for text in [
            String::new(),
            "00".to_owned(),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("0-{TRACE}-{PARENT}-01"),
            format!("00-{upper}-{PARENT}-01"),
            format!("00-{zero}-{PARENT}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{TRACE}-{PARENT}-1"),
            format!("00-{TRACE}-{PARENT}-0x"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("01-{TRACE}-{PARENT}-01more"),
            format!("00-{}-{PARENT}-01", &TRACE[1..]),
            format!("00_{TRACE}-{PARENT}-01"),
        ] {
            assert!(!is_valid(&text), "{text}");
        }
    }

    #[test]
    fn a_child_has_its_parents_trace_flags_and_state_and_a_span_of_its_own() {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, format!("00-{TRACE}-{PARENT}-01").parse().expect("a value"));
        headers.append(TRACESTATE, HeaderValue::from_static("a=1"));
        headers.append(TRACESTATE, HeaderValue::from_static("b=2"));
        let context = child(read(&headers).as_ref());
        write(&mut headers, &context);
        let written = headers[TRACEPARENT].to_str().expect("text");
        assert!(written.starts_with(&format!("00-{TRACE}-")) && written.ends_with("-01"), "{written}");
        assert!(!written.contains(PARENT), "{written}");
        assert_eq!(headers.get_all(TRACESTATE).iter().collect::<Vec<_>>(), ["a=1,b=2"]);
    }

    #[test]
    fn without_a_valid_parent_there_is_a_new_trace_and_no_state() {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static("nonsense"));
        headers.insert(TRACESTATE, HeaderValue::from_static("a=1"));
        let context = child(read(&headers).as_ref());
        write(&mut headers, &context);
        assert!(is_valid(headers[TRACEPARENT].to_str().expect("text")));
        assert!(!headers.contains_key(TRACESTATE));
    }
}
