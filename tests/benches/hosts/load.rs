//! The loads, and what a load tool says of one.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use catamaran_tests::http::get;
use catamaran_tests::process::run;

/// A load on `/`.
pub(crate) struct Load {
    /// What the report calls it.
    pub(crate) name: &'static str,
    tool: Tool,
    connections: usize,
    /// Header lines of the request.
    headers: &'static [&'static str],
}

/// Which tool makes the load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// HTTP/1.1
    Wrk,
    /// HTTP/2, with 100 streams a connection
    H2load,
}

/// What one run of one load showed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) requests: u64,
    pub(crate) rps: Option<f64>,
    pub p50_micros: Option<f64>,
    pub p99_micros: Option<f64>,
    pub(crate) cpu_micros: Option<f64>,
    pub(crate) rss_mb: Option<f64>,
    pub(crate) milliseconds: Option<f64>,
}

const JSON: &[&str] = &[];
const HTML: &[&str] = &["accept: text/html"];

/// All loads.
pub(crate) const LOADS: &[Load] = &[
    Load { name: "GET / c=1", tool: Tool::Wrk, connections: 1, headers: JSON },
    Load { name: "GET / c=64", tool: Tool::Wrk, connections: 64, headers: JSON },
    Load { name: "GET / c=256", tool: Tool::Wrk, connections: 256, headers: JSON },
    Load { name: "GET / HTML c=64", tool: Tool::Wrk, connections: 64, headers: HTML },
    Load { name: "GET / h2 100 streams", tool: Tool::H2load, connections: 2, headers: JSON },
];

/// What wrk says at the end, in one line.
const SCRIPT: &str = r#"done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"#;

impl Load {
    /// Whether a host must know HTTP/2 for it.
    pub(crate) fn is_http2(&self) -> bool {
        self.tool == Tool::H2load
    }

    /// Runs the load once. An answer that is an error is an error here.
    pub(crate) fn run(&self, address: SocketAddr, duration: Duration) -> Result<Sample, String> {
        match self.tool {
            Tool::Wrk => self.wrk(address, duration),
            Tool::H2load => self.h2load(address, duration),
        }
    }

    fn wrk(&self, address: SocketAddr, duration: Duration) -> Result<Sample, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let script = folder.path().join("figures.lua");
        std::fs::write(&script, SCRIPT).map_err(|error| error.to_string())?;
        let mut wrk = Command::new("wrk");
        wrk.arg(format!("-t{}", self.connections.min(2))).arg(format!("-c{}", self.connections));
        wrk.arg(format!("-d{}s", duration.as_secs().max(1))).arg("-s").arg(&script);
        for header in self.headers {
            wrk.args(["-H", header]);
        }
        let finished = run(wrk.arg(format!("http://{address}/")));
        let line = finished.stdout.lines().find_map(|line| line.strip_prefix("figures "));
        let figures: Vec<u64> = line.unwrap_or_default().split(' ').filter_map(|figure| figure.parse().ok()).collect();
        let [requests, micros, p50, p99, errors] = figures[..] else { return Err(format!("wrk: {finished}")) };
        if errors > 0 || requests == 0 {
            return Err(format!("{}: {errors} of {requests} requests failed: {finished}", self.name));
        }
        Ok(Sample {
            requests,
            rps: Some(requests as f64 * 1e6 / micros as f64),
            p50_micros: Some(p50 as f64),
            p99_micros: Some(p99 as f64),
            ..Sample::default()
        })
    }

    fn h2load(&self, address: SocketAddr, duration: Duration) -> Result<Sample, String> {
        let mut h2load = Command::new("h2load");
        h2load.arg(format!("-c{}", self.connections)).args(["-t2", "-m100"]);
        h2load.arg(format!("-D{}", duration.as_secs().max(1)));
        let finished = run(h2load.arg(format!("http://{address}/")));
        let whole = |word: &str| {
            let (before, _) = finished.stdout.split_once(word)?;
            before.rsplit([' ', ',']).next()?.parse::<u64>().ok()
        };
        match (whole(" succeeded"), whole(" failed"), whole(" errored")) {
            (Some(requests), Some(0), Some(0)) if requests > 0 => Ok(Sample {
                requests,
                rps: Some(requests as f64 / duration.as_secs().max(1) as f64),
                ..Sample::default()
            }),
            _ => Err(format!("h2load: {finished}")),
        }
    }
}

/// Waits for an answer of `/healthz`.
pub(crate) fn first_answer(address: SocketAddr) -> Result<(), String> {
    let answer = get(address, "/healthz");
    if answer.status() == 200 { Ok(()) } else { Err(format!("{answer:?}")) }
}
