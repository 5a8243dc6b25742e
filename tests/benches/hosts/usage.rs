//! What a process and its children have used, from `/proc`.

use std::fs;
use std::time::Duration;

use catamaran_tests::process::Process;

/// Clock ticks a second in `/proc/PID/stat`: 100 on every Linux that Rust runs on (`man 5 proc`, `USER_HZ`).
const TICKS: u64 = 100;

/// CPU time and resident memory of a process group.
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    pub(crate) rss_bytes: u64,
}

/// The use of all processes in the group of `process`.
pub(crate) fn of(process: &Process) -> Result<Usage, String> {
    let mut usage = Usage { cpu: Duration::ZERO, rss_bytes: 0 };
    for entry in fs::read_dir("/proc").map_err(|error| error.to_string())?.flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name, in parentheses, may hold anything.
        let Some((_, fields)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<u64> = fields.split(' ').map(|field| field.parse().unwrap_or(0)).collect();
        // Fields 5 (group), 14 and 15 (user and system time), 24 (pages) of proc(5), less the two before the state.
        if fields[2] == u64::from(process.group()) {
            usage.cpu += Duration::from_millis((fields[11] + fields[12]) * 1000 / TICKS);
            usage.rss_bytes += fields[21] * 4096;
        }
    }
    Ok(usage)
}
