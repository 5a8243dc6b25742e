//! Which requests a pattern permits, and which spellings of a host are the same.

use proptest::prelude::*;

use super::*;

fn pattern(written: &str) -> Pattern {
    written.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn permits(written: &str, url: &str) -> bool {
    let uri: http::Uri = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    let scheme = uri.scheme_str().expect("a scheme");
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    canonical(uri.host().expect("a host")).is_some_and(|host| pattern(written).permits(scheme, &host, port))
}

#[test]
fn scheme_host_and_port_must_all_match() {
    assert!(permits("https://example.com", "https://example.com/a?b"));
    assert!(permits("https://example.com", "https://example.com:443/"));
    for url in ["http://example.com", "https://example.com:8443", "https://example.org", "https://a.example.com"] {
        assert!(!permits("https://example.com", url), "{url}");
    }
    assert!(permits("*://example.com:*", "http://example.com:1") && permits("*://*:*", "https://example.com"));
    assert!(permits("http://example.com:8000", "http://example.com:8000"));
}

#[test]
fn the_end_of_a_range_is_not_in_it() {
    assert!(permits("http://a:80..82", "http://a:80") && permits("http://a:80..82", "http://a:81"));
    assert!(!permits("http://a:80..82", "http://a:82") && !permits("http://a:80..82", "http://a:79"));
}

#[test]
fn a_wildcard_stands_for_subdomains_and_not_for_the_domain() {
    assert!(permits("https://*.example.com", "https://a.example.com"));
    assert!(permits("https://*.example.com", "https://a.b.example.com"));
    for url in ["https://example.com", "https://badexample.com", "https://example.com.evil.org"] {
        assert!(!permits("https://*.example.com", url), "{url}");
    }
}

#[test]
fn case_and_a_final_dot_do_not_count() {
    for url in ["http://EXAMPLE.com", "http://example.com.", "http://Example.Com.:80"] {
        assert!(permits("http://example.com", url), "{url}");
    }
    assert!(permits("http://EXAMPLE.com.", "http://example.com"));
    assert!(!permits("http://example.com", "http://example.com..") && !permits("*://*:*", "http://."));
}

#[test]
fn a_name_in_another_script_is_its_punycode() {
    assert!(permits("https://bücher.example", "https://xn--bcher-kva.example"));
    assert!(permits("https://xn--bcher-kva.example", "https://XN--BCHER-KVA.example"));
    // Cyrillic letters that look like Latin ones are other letters.
    assert!(!permits("https://example.com", "https://xn--e1afmkfd.com"));
    // Full-width letters and a full-width dot are the plain ones.
    assert_eq!(canonical("ｅｘａｍｐｌｅ．com"), canonical("example.com"));
}

#[test]
fn every_spelling_of_an_address_is_that_address() {
    for url in [
        "http://127.0.0.1",
        "http://127.1",
        "http://0x7f.1",
        "http://0177.0.0.1",
        "http://2130706433",
        "http://127.0.0.1.",
    ] {
        assert!(permits("http://127.0.0.1", url), "{url}");
        assert!(!permits("http://*.0.0.1.example", url) && !permits("http://localhost", url), "{url}");
    }
    assert!(permits("http://[::1]", "http://[0:0:0:0:0:0:0:1]") && !permits("http://[::1]", "http://[::2]"));
    assert!(permits("http://10.0.0.0/8", "http://10.255.0.1") && !permits("http://10.0.0.0/8", "http://11.0.0.1"));
    assert!(permits("http://2001:db8::/32:8080", "http://[2001:db8::7]:8080"));
}

#[test]
fn a_name_names_no_address_but_localhost() {
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    assert!(pattern("http://127.0.0.1").permits_address("http", address("127.0.0.1"), 80));
    assert!(pattern("http://localhost:*").permits_address("http", address("127.0.0.1"), 8080));
    assert!(pattern("http://10.0.0.0/8").permits_address("http", address("10.1.1.1"), 80));
    assert!(!pattern("http://10.0.0.0/8").permits_address("http", address("10.1.1.1"), 81));
    for written in ["*://*:*", "http://example.com", "http://*.example.com", "http://self", "http://localhost.:81"] {
        assert!(!pattern(written).permits_address("http", address("127.0.0.1"), 80), "{written}");
    }
}

#[test]
fn self_is_the_application_and_no_name() {
    assert!(pattern("http://self").permits_self() && pattern("*://*:*").permits_self());
    assert!(pattern("http://self.alt").permits_self() && !pattern("http://example.com").permits_self());
    assert!(!permits("http://self", "http://self") && !pattern("redis://self").permits_self());
}

#[test]
fn a_wrong_pattern_is_refused_with_its_reason() {
    let error = |written: &str| written.parse::<Pattern>().expect_err(written);
    for written in ["", "*", "example.com", "example.com:80", "insecure:allow-all"] {
        assert!(matches!(error(written), PatternError::NoScheme(_)), "{written}");
    }
    assert!(matches!(error("http+unix://a"), PatternError::Scheme(_)));
    assert!(matches!(error("{http,https}://a"), PatternError::Scheme(_)));
    for written in
        ["http://", "http://a.*.b", "http://*a", "http://{a,b}", "http://a b", "http://*.10.0.0.1", "http://u@a"]
    {
        assert!(matches!(error(written), PatternError::Host(_)), "{written}: {:?}", error(written));
    }
    for written in ["http://a:b", "http://a:80..b", "http://a:65536", "http://a:{80,81}"] {
        assert!(matches!(error(written), PatternError::Port(_)), "{written}: {:?}", error(written));
    }
    for written in ["http://a/b", "http://a:80/b"] {
        assert!(matches!(error(written), PatternError::Path(_)), "{written}: {:?}", error(written));
    }
    assert!(matches!(error("ftp://a"), PatternError::NoPort(_)));
    for written in ["http://cart.spin.internal", "http://*.spin.internal"] {
        assert!(matches!(error(written), PatternError::ServiceChaining(_)), "{written}");
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,8}(-[a-z0-9]{1,4})?\\.[a-z]{2,5}"
}

proptest! {
    #[test]
    fn a_name_permits_itself_in_any_case_and_nothing_below_or_above(host in name(), label in "[a-z]{1,5}", upper in any::<bool>()) {
        let exact = pattern(&format!("https://{host}"));
        let below = pattern(&format!("https://*.{host}"));
        let spelled = if upper { host.to_uppercase() } else { format!("{host}.") };
        let same = canonical(&spelled).expect("a host");
        let subdomain = canonical(&format!("{label}.{host}")).expect("a host");
        let glued = canonical(&format!("{label}{host}")).expect("a host");
        prop_assert!(exact.permits("https", &same, 443) && !exact.permits("https", &subdomain, 443));
        prop_assert!(below.permits("https", &subdomain, 443) && !below.permits("https", &same, 443));
        prop_assert!(!below.permits("https", &glued, 443) && !exact.permits("https", &glued, 443));
    }

    #[test]
    fn an_ipv4_address_is_the_same_in_decimal_octal_hexadecimal_and_as_one_number(bits in any::<u32>()) {
        let [a, b, c, d] = bits.to_be_bytes();
        let expected = Some(Host::Ipv4(bits.into()));
        for spelled in [
            format!("{a}.{b}.{c}.{d}"), format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"), format!("0x{a:x}.{b}.0x{c:x}.{d}"),
            format!("{bits}"), format!("0x{bits:x}"), format!("{a}.{}", bits & 0x00ff_ffff), format!("{a}.{b}.{c}.{d}."),
        ] {
            prop_assert_eq!(canonical(&spelled), expected.clone(), "{}", spelled);
        }
    }

    #[test]
    fn an_ipv6_address_is_the_same_however_it_is_written(bits in any::<u128>()) {
        let address = std::net::Ipv6Addr::from(bits);
        let long = address.segments().map(|segment| format!("{segment:04X}")).join(":");
        prop_assert_eq!(canonical(&format!("[{long}]")), Some(Host::Ipv6(address)));
        let own = pattern(&format!("http://[{address}]:81"));
        prop_assert!(own.permits("http", &Host::Ipv6(address), 81));
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC*", host in "\\PC{0,20}") {
        _ = text.parse::<Pattern>();
        _ = format!("http://{text}").parse::<Pattern>();
        if let Some(host) = canonical(&host) {
            prop_assert_eq!(canonical(&host.to_string()), Some(host), "not stable");
        }
    }
}
