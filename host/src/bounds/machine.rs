//! What the machine, or the container's limits, give us.

use std::fs;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// Cores that we may use; the standard library reads the cgroup's quota too.
pub fn cores() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Memory that we may use, in bytes, where it can be told: the cgroup's limit, else the machine's.
pub(super) fn memory() -> Option<usize> {
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    limit.or_else(|| {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        let kibibytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes << 10)
    })
}
