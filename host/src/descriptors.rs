//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli::ServerOptions;

/// Descriptors beside those of connections: the runtime's, files, the admin server's.
const OTHERS: usize = 64;

/// Raises the limit to the highest that is permitted (the lower one is for programs that keep descriptors in sets of
/// 1,024: `man 2 select`), and warns when that is less than what `options` may need.
pub fn provide(options: &ServerOptions) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = current == maximum || setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let (clients, servers) = (options.bounds.max_concurrent_connections, options.outbound.max_outbound_connections);
    let needed = clients.get().saturating_add(servers.get()).saturating_add(OTHERS);
    if let Some(limit) = if raised { maximum } else { current }
        && limit < needed as u64
    {
        tracing::warn!(
            "{limit} files may be open, {clients} clients and {servers} outgoing requests may need {needed}: raise the limit \
             (`ulimit -n`, systemd's LimitNOFILE, Docker's --ulimit) or lower --max-concurrent-connections"
        );
    }
}
