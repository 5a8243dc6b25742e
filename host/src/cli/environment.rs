//! Environment variables that look like options and are none: a misspelt one must not be without effect in silence.

use std::collections::BTreeSet;
use std::env;

use clap::{Command, CommandFactory};

use super::Cli;
use crate::nearest::nearest;

/// How the variables of all options begin.
const PREFIX: &str = "CATAMARAN_";

/// A line for each variable that begins like those of the options and belongs to none of any command.
pub fn unknown_variables() -> Vec<String> {
    let known = known(&Cli::command());
    let unknown = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX) && !known.contains(name))?;
        (!is_of_kubernetes(&name, &value.to_string_lossy())).then_some(name)
    });
    let line = |name: String| {
        let known = known.iter().map(String::as_str);
        let hint = nearest(&name, known).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
        format!("the environment variable {name} is no option, and changes nothing{hint}")
    };
    unknown.map(line).collect()
}

fn known(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(known)).collect()
}

/// Whether Kubernetes may have set it, which tells a pod in this way of each service of its namespace: also of one that
/// is called `catamaran`.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let parts = ["_SERVICE_HOST", "_SERVICE_PORT", "_TCP", "_UDP", "_SCTP"];
    parts.iter().any(|part| name.contains(part)) || name.ends_with("_PORT") && value.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_says_of_a_service_is_no_slip() {
        for (name, value) in [
            ("CATAMARAN_SERVICE_HOST", "10.0.0.1"),
            ("CATAMARAN_SERVICE_PORT_HTTP", "8000"),
            ("CATAMARAN_PORT", "tcp://10.0.0.1:8000"),
            ("CATAMARAN_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ] {
            assert!(is_of_kubernetes(name, value), "{name}");
        }
        assert!(!is_of_kubernetes("CATAMARAN_PORT", "8000") && !is_of_kubernetes("CATAMARAN_LISTN", "a"));
    }
}
