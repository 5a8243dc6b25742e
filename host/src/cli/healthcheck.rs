//! `catamaran healthcheck`: one request to a server on this machine, for Docker's HEALTHCHECK without curl.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::header::{HOST, USER_AGENT};
use http::uri::Scheme;
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use super::options::{DEFAULT_LISTEN, address};

/// Time for everything: with the start of the process it stays within two seconds.
const LIMIT: Duration = Duration::from_millis(1500);

/// Where the component of this project says that it is well; most others have something there too.
const PATH: &str = "/healthz";

const EXAMPLES: &str = "\
Examples:
  catamaran healthcheck                  asks http://127.0.0.1:8000/healthz
  catamaran healthcheck --listen 0.0.0.0:8080
  catamaran healthcheck --url http://127.0.0.1:9000/readyz";

/// Ask a running server whether it is well: exit code 0 when it answers with 2xx, else 1, within two seconds.
///
/// Over plain HTTP only. Where the server has TLS, give it --admin-listen and ask for /livez there, with --url.
#[derive(Args, Clone)]
#[command(before_help = EXAMPLES)]
pub struct Healthcheck {
    /// URL to ask [default: /healthz where --listen says]
    #[arg(long, env = "CATAMARAN_HEALTHCHECK_URL", value_name = "URL", value_parser = url)]
    pub url: Option<Uri>,

    /// Address that the server was told to listen on; all addresses means loopback
    #[arg(long, alias = "addr", env = "CATAMARAN_LISTEN", value_name = "ADDRESS", default_value = DEFAULT_LISTEN,
          value_parser = address)]
    pub listen: SocketAddr,
}

/// Why a server counts as unwell.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// It cannot be reached.
    #[error("{0}: {1}; start the server, or say with --listen or --url where it is")]
    Unreachable(Uri, io::Error),
    /// It does not speak HTTP, or breaks off.
    #[error("{0}: no HTTP answer: {1}; of a server with TLS, ask --url http://ADDRESS/livez of its --admin-listen")]
    NoAnswer(Uri, hyper::Error),
    /// It answers that it is unwell.
    #[error("{0}: {1}")]
    Unwell(Uri, StatusCode),
    /// It does not answer in time.
    #[error("{0}: no answer within {LIMIT:?}")]
    TooSlow(Uri),
    /// The operating system refuses us.
    #[error("the check cannot start: {0}")]
    Runtime(io::Error),
}

impl Healthcheck {
    /// Asks once.
    ///
    /// # Errors
    /// When the answer is not a 2xx, or there is none in time.
    pub fn run(&self) -> Result<(), HealthError> {
        let url = self.url.clone().unwrap_or_else(|| default_url(self.listen));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(HealthError::Runtime)?;
        let result = runtime.block_on(async {
            tokio::time::timeout(LIMIT, ask(&url)).await.unwrap_or_else(|_| Err(HealthError::TooSlow(url.clone())))
        });
        // A name that is still looked up is not waited for.
        runtime.shutdown_background();
        match result? {
            status if status.is_success() => Ok(()),
            status => Err(HealthError::Unwell(url, status)),
        }
    }
}

async fn ask(url: &Uri) -> Result<StatusCode, HealthError> {
    let unreachable = |error| HealthError::Unreachable(url.clone(), error);
    let no_answer = |error| HealthError::NoAnswer(url.clone(), error);
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, url.port_u16().unwrap_or(80))).await.map_err(unreachable)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(no_answer)?;
    tokio::spawn(connection);
    let request = Request::get(url.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, url.authority().map_or("", |authority| authority.as_str()))
        .header(USER_AGENT, concat!("catamaran-healthcheck/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new());
    let request = request.map_err(|error| unreachable(io::Error::other(error)))?;
    Ok(sender.send_request(request).await.map_err(no_answer)?.status())
}

/// `/healthz` at the address of a server that listens on `listen`.
fn default_url(listen: SocketAddr) -> Uri {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let parts = Uri::builder().scheme(Scheme::HTTP).authority(SocketAddr::new(ip, listen.port()).to_string());
    parts.path_and_query(PATH).build().unwrap_or_default()
}

fn url(text: &str) -> Result<Uri, String> {
    let url: Uri = text.parse().map_err(|error| format!("{error}; write it as http://HOST:PORT/PATH"))?;
    let userinfo = url.authority().is_some_and(|authority| authority.as_str().contains('@'));
    // A port that is none is left out of what the type tells.
    let port = url.authority().and_then(|authority| authority.as_str().strip_prefix(authority.host()));
    if port.is_some_and(|port| port.len() > 1) && url.port_u16().is_none() {
        return Err("a port is a number up to 65535: write it as http://HOST:PORT/PATH".to_owned());
    }
    match (url.scheme_str(), url.host()) {
        (Some("http"), Some(host)) if !host.is_empty() && !userinfo => Ok(url),
        (Some("https"), _) => {
            Err("only plain HTTP is asked: take http://ADDRESS/livez of the server's --admin-listen".to_owned())
        }
        _ => Err("write it as http://HOST:PORT/PATH".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_where_the_server_listens_on_this_machine() {
        for (listen, url) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000/healthz"),
            ("0.0.0.0:80", "http://127.0.0.1:80/healthz"),
            ("[::]:9000", "http://[::1]:9000/healthz"),
            ("192.0.2.1:1", "http://192.0.2.1:1/healthz"),
        ] {
            assert_eq!(default_url(listen.parse().expect("an address")).to_string(), url);
        }
    }
}
