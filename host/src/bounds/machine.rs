//! What the machine, or the container's limits, give us.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread::available_parallelism;

/// Cores that we may use; the standard library reads the cgroup's quota too. Half a core counts as one.
pub fn cores() -> usize {
    static CORES: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, NonZeroUsize::get));
    *CORES
}

/// Memory that we may use, in bytes, where it can be told: the least of what the machine has and our cgroups allow.
pub(super) fn memory() -> Option<usize> {
    static MEMORY: LazyLock<Option<usize>> = LazyLock::new(read_memory);
    *MEMORY
}

fn read_memory() -> Option<usize> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    // "max" and a file that is not there are no limit.
    let limits = limit_files(&groups).filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.chain(installed()).min()
}

/// The files that may hold a limit, by the text of `/proc/self/cgroup`: a limit holds for all groups below its own. In
/// a container the path can be that of the machine, whose top is mounted as our own group: both are looked at.
fn limit_files(groups: &str) -> impl Iterator<Item = PathBuf> {
    groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", Some("memory.max")),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", Some("memory.limit_in_bytes"))
            }
            _ => ("", None),
        };
        let folders = Path::new(path.trim_start_matches('/')).ancestors().map(move |group| Path::new(root).join(group));
        file.into_iter().flat_map(move |file| folders.clone().map(move |folder| folder.join(file)))
    })
}

fn installed() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(groups: &str) -> Vec<PathBuf> {
        limit_files(groups).collect()
    }

    #[test]
    fn a_nested_group_of_version_2_keeps_to_the_limits_above_it() {
        let expected = [
            "/sys/fs/cgroup/system.slice/catamaran.service/memory.max",
            "/sys/fs/cgroup/system.slice/memory.max",
            "/sys/fs/cgroup/memory.max",
        ];
        assert_eq!(files("0::/system.slice/catamaran.service\n"), expected.map(PathBuf::from));
    }

    #[test]
    fn of_version_1_only_the_memory_controller_counts() {
        let expected =
            ["/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        assert_eq!(files("5:cpu,cpuacct:/docker\n4:memory:/docker\n1:name=systemd:/\n"), expected.map(PathBuf::from));
    }

    #[test]
    fn nothing_is_read_where_there_are_no_groups() {
        assert_eq!(files(""), Vec::<PathBuf>::new());
    }
}
