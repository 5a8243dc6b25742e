//! The patterns of `allowed_outbound_hosts`: `scheme://host[:port]`, in Spin's syntax.
//!
//! | part | forms |
//! |---|---|
//! | scheme | a name, or `*` |
//! | host | a name, `*.name`, an IP address, a network such as `10.0.0.0/8`, `self`, or `*` |
//! | port | a number, a range `8000..8010` without its end, `*`, or nothing for the scheme's own |
//!
//! <https://spinframework.dev/v3/http-outbound#granting-http-permissions-to-components>

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;
use std::str::FromStr;

use ipnet::IpNet;
use url::Host;

/// What makes a component reachable without a route in Spin.
const SERVICE_CHAINING: &str = "spin.internal";

/// Where a component may send requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    written: String,
    scheme: Option<String>,
    host: HostPattern,
    ports: Option<Range<u32>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Any,
    This,
    Name(String),
    Below(String),
    Network(IpNet),
}

/// Why a pattern cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternError {
    /// There is no `://`.
    #[error("`{0}` has no scheme: write it as `http://host`, `https://*.example.com` or `*://host:8000`")]
    NoScheme(String),
    /// The scheme is neither a word nor `*`.
    #[error("the scheme of `{0}` must be a word or `*`")]
    Scheme(String),
    /// The host is none of the forms.
    #[error("the host of `{0}` must be a name, `*.name`, an address, a network such as 10.0.0.0/8, `self` or `*`")]
    Host(String),
    /// The port is none of the forms.
    #[error("the port of `{0}` must be a number, a range such as 8000..8010, or `*`")]
    Port(String),
    /// The scheme has no port of its own.
    #[error("`{0}` needs a port: its scheme has none of its own")]
    NoPort(String),
    /// There is something behind the host.
    #[error("`{0}` has a path: a pattern ends with the host or the port")]
    Path(String),
    /// It means a component by its name.
    #[error(
        "`{0}` means a component by its name, which this host does not provide: give the component a route, and permit `http://self`"
    )]
    ServiceChaining(String),
}

impl Pattern {
    /// `*://*:*`: all there is.
    pub(crate) fn any() -> Self {
        Self { written: "*://*:*".to_owned(), scheme: None, host: HostPattern::Any, ports: None }
    }

    /// Whether a request to this name or address may be made. An address that a *name* leads to is another question:
    /// see [`Pattern::permits_address`].
    pub fn permits(&self, scheme: &str, host: &Host, port: u16) -> bool {
        let host = match (&self.host, host) {
            (HostPattern::Any, _) => true,
            (HostPattern::Name(name), Host::Domain(host)) => name == host,
            (HostPattern::Below(domain), Host::Domain(host)) => {
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (HostPattern::Network(network), Host::Ipv4(address)) => network.contains(&IpAddr::V4(*address)),
            (HostPattern::Network(network), Host::Ipv6(address)) => network.contains(&IpAddr::V6(*address)),
            _ => false,
        };
        host && self.permits_port(scheme, port)
    }

    /// Whether it names this address, by itself, by its network, or as `localhost`; `*` names none.
    pub fn permits_address(&self, scheme: &str, address: IpAddr, port: u16) -> bool {
        let named = match &self.host {
            HostPattern::Network(network) => network.contains(&address),
            HostPattern::Name(name) => name == "localhost" && address.is_loopback(),
            _ => false,
        };
        named && self.permits_port(scheme, port)
    }

    /// Whether a component may send requests to the application that it belongs to.
    pub fn permits_self(&self) -> bool {
        let scheme = self.scheme.as_deref();
        matches!(self.host, HostPattern::Any | HostPattern::This) && matches!(scheme, None | Some("http" | "https"))
    }

    /// Whether it permits anything that this host provides.
    pub fn is_http(&self) -> bool {
        matches!(self.scheme.as_deref(), None | Some("http" | "https"))
    }

    fn permits_port(&self, scheme: &str, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme)
            && self.ports.as_ref().is_none_or(|ports| ports.contains(&u32::from(port)))
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let written = text.trim().to_owned();
        let wrong = |error: fn(String) -> PatternError| error(written.clone());
        let (scheme, rest) = written.split_once("://").ok_or_else(|| wrong(PatternError::NoScheme))?;
        if scheme != "*" && (scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphabetic())) {
            return Err(wrong(PatternError::Scheme));
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = split_port(rest);
        let (port, path) = port.split_once('/').unwrap_or((port, ""));
        if !path.is_empty() {
            return Err(wrong(PatternError::Path));
        }
        let ports = match port {
            "*" => None,
            "" => {
                let own = default_port(&scheme).ok_or_else(|| wrong(PatternError::NoPort))?;
                Some(u32::from(own)..u32::from(own) + 1)
            }
            port => Some(ports(port).ok_or_else(|| wrong(PatternError::Port))?),
        };
        let host = match host_pattern(host) {
            Some(host) => host,
            None if host.trim_end_matches('/').contains('/') => return Err(wrong(PatternError::Path)),
            None => return Err(wrong(PatternError::Host)),
        };
        if let HostPattern::Name(name) | HostPattern::Below(name) = &host
            && name.strip_suffix(SERVICE_CHAINING).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        {
            return Err(wrong(PatternError::ServiceChaining));
        }
        let scheme = (scheme != "*").then_some(scheme);
        Ok(Self { scheme, host, ports, written })
    }
}

/// A port stands behind the last colon, unless that colon is within brackets.
fn split_port(rest: &str) -> (&str, &str) {
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && host_pattern(rest).is_none() => (host, port),
        _ => (rest, ""),
    }
}

fn host_pattern(host: &str) -> Option<HostPattern> {
    let host = host.trim();
    match host {
        "*" => return Some(HostPattern::Any),
        "self" | "self.alt" => return Some(HostPattern::This),
        _ => {}
    }
    if let Ok(network) = host.parse::<IpNet>() {
        return Some(HostPattern::Network(network.trunc()));
    }
    let host = host.strip_suffix('/').unwrap_or(host);
    let (host, below) = host.strip_prefix("*.").map_or((host, false), |domain| (domain, true));
    if host.contains(['*', '/', '@', '{']) {
        return None;
    }
    match canonical(host)? {
        Host::Domain(domain) if below => Some(HostPattern::Below(domain)),
        Host::Domain(domain) => Some(HostPattern::Name(domain)),
        _ if below => None,
        Host::Ipv4(address) => Some(HostPattern::Network(IpAddr::V4(address).into())),
        Host::Ipv6(address) => Some(HostPattern::Network(IpAddr::V6(address).into())),
    }
}

/// A host in the one form that is compared, resolved and connected to: lower case, punycode, without the final dot, and
/// an address wherever a client would take it for one (`0x7f.1` is 127.0.0.1, see the URL standard's host parser).
pub(super) fn canonical(host: &str) -> Option<Host> {
    if let Ok(address) = host.parse() {
        return Some(Host::Ipv6(address));
    }
    match Host::parse(host).ok()? {
        Host::Domain(domain) => {
            let name = domain.strip_suffix('.').unwrap_or(&domain);
            (!name.is_empty() && !name.ends_with('.')).then(|| Host::Domain(name.to_owned()))
        }
        address => Some(address),
    }
}

fn ports(text: &str) -> Option<Range<u32>> {
    let number = |text: &str| text.parse::<u16>().ok().map(u32::from);
    match text.split_once("..") {
        Some((start, end)) => Some(number(start)?..number(end)?),
        None => number(text).map(|port| port..port + 1),
    }
}

/// The ports that Spin knows.
fn default_port(scheme: &str) -> Option<u16> {
    Some(match scheme {
        "http" => 80,
        "https" => 443,
        "mqtt" => 1883,
        "mysql" => 3306,
        "postgres" => 5432,
        "redis" => 6379,
        _ => return None,
    })
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
