//! The loads, and what a load tool says of each.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use catamaran_tests::connection::Connection;
use catamaran_tests::process::{Process, run};

/// What is served under a load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// The project's own component.
    Service,
    /// What streams bodies: see `tests/guests/streams`.
    Streams,
}

/// One load.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// What the report calls it.
    pub(crate) name: &'static str,
    tool: Tool,
    connections: usize,
    pub(crate) serves: Serves,
    path: &'static str,
    /// Header lines of the request.
    headers: &'static [&'static str],
    /// Bytes of the request's body; with any, it is a POST.
    body: usize,
    /// Whether anything is there: what is answered otherwise is an error.
    found: bool,
    /// A path that three other connections ask for meanwhile.
    beside: Option<&'static str>,
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
    pub(crate) connection_bytes: Option<f64>,
}

/// `GET /` over HTTP/1.1, from which the others differ.
pub(crate) const PLAIN: Load = Load {
    name: "GET / c=64",
    tool: Tool::Wrk,
    connections: 64,
    serves: Serves::Service,
    path: "/",
    headers: &[],
    body: 0,
    found: true,
    beside: None,
};

/// What makes an access line of 1 KiB: the query is not in it, so the path has to be long, and there is nothing at that.
pub(crate) const LONG: Load = Load { name: "GET of a path of 800 bytes, c=64", path: LONG_PATH, found: false, ..PLAIN };

const LONG_PATH: &str = match str::from_utf8(&slashed([b'a'; 800])) {
    Ok(path) => path,
    Err(_) => unreachable!(),
};

const fn slashed(mut path: [u8; 800]) -> [u8; 800] {
    path[0] = b'/';
    path
}

/// One of [`Serves::Streams`].
const STREAM: Load = Load { serves: Serves::Streams, ..PLAIN };

/// All loads.
pub(crate) const LOADS: &[Load] = &[
    Load { name: "GET / c=1", connections: 1, ..PLAIN },
    PLAIN,
    LONG,
    Load { name: "GET / c=256", connections: 256, ..PLAIN },
    Load { name: "GET / HTML c=64", headers: &["accept: text/html"], ..PLAIN },
    Load { name: "GET / h2 100 streams", tool: Tool::H2load, connections: 2, ..PLAIN },
    Load { name: "POST 64 KiB, echoed, c=16", connections: 16, path: "/echo", body: 64 << 10, ..STREAM },
    Load { name: "POST 10 MiB, counted, c=4", connections: 4, path: "/count", body: 10 << 20, ..STREAM },
    Load { name: "GET 64 MiB, c=4", connections: 4, path: "/large", ..STREAM },
    Load { name: "GET of an empty answer, c=64", path: "/empty", ..STREAM },
    Load {
        name: "the same beside 3 connections that make guests compute for 20 ms",
        path: "/empty",
        beside: Some("/work"),
        ..STREAM
    },
];

/// What wrk says at the end, in one line.
const SCRIPT: &str = r#"
wrk.body = SIZE > 0 and string.rep("x", SIZE) or nil
wrk.method = SIZE > 0 and "POST" or "GET"
done = function(summary, latency)
  local errors = summary.errors
  local wrong = FOUND and errors.status or summary.requests - errors.status
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + wrong + errors.timeout))
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
        let settings = format!("SIZE = {}\nFOUND = {}\n", self.body, self.found);
        std::fs::write(&script, settings + SCRIPT).map_err(|error| error.to_string())?;
        let wrk = |connections: usize, path: &str| {
            let mut wrk = Command::new("wrk");
            wrk.arg(format!("-t{}", connections.min(2))).arg(format!("-c{connections}"));
            wrk.arg(format!("-d{}s", duration.as_secs().max(1))).args(["--timeout", "30s"]).arg("-s").arg(&script);
            wrk.args(self.headers.iter().flat_map(|header| ["-H", header]));
            wrk.arg(format!("http://{address}{path}"));
            wrk
        };
        let beside = self.beside.map(|path| Process::spawn(&mut wrk(3, path))).transpose()?;
        let finished = run(&mut wrk(self.connections, self.path));
        if let Some(beside) = beside {
            beside.wait()?;
        }
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
        let finished = run(h2load.arg(format!("http://{address}{}", self.path)));
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
    let answer = Connection::open(address)?.get("/healthz")?;
    if answer.status == 200 { Ok(()) } else { Err(format!("{answer:?}")) }
}
