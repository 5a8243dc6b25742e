//! Prometheus' own tool reads our metrics.

use std::{
    fs::File,
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use catamaran_tests::{
    artifacts::guest,
    http::get,
    metrics,
    server::{Server, admin, catamaran},
    suite::Suite,
    tool::PROMTOOL,
};

const NAME: &str = "promtool_has_no_complaint_about_the_metrics";

fn main() -> ExitCode {
    let mut suite = Suite::default();
    match PROMTOOL.find() {
        Ok(promtool) => suite.test(NAME, move || check(&promtool)),
        Err(reason) => suite.skip(NAME, PROMTOOL, &reason),
    }
    suite.run()
}

/// With a series of each kind: a request that succeeds, one that traps, one without a route's answer.
fn check(promtool: &Path) -> Result<(), String> {
    let file = guest().to_str().ok_or("a path that is not UTF-8")?;
    let mut command = catamaran(["serve", file, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let server = Server::start(&mut command)?;
    let admin = admin(&server);
    for path in ["/", "/trap", "/print"] {
        get(server.address, path);
    }
    metrics::wait_for(admin, "catamaran_guest_failures_total", &[], |value| value == 1.0);
    let text = metrics::text(admin);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("metrics");
    std::fs::write(&path, &text).map_err(|error| error.to_string())?;
    let input = File::open(&path).map_err(|error| error.to_string())?;
    let output = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::from(input))
        .output()
        .map_err(|error| format!("{}: {error}", promtool.display()))?;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() && said.is_empty() { Ok(()) } else { Err(format!("{said}\n{text}")) }
}
