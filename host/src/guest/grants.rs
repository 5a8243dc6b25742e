//! What a component is given by whoever runs it: all that it can reach.

use std::fmt;
use std::sync::Arc;

use crate::manifest::Files;
use crate::outbound::Gate;

/// What a component is given.
pub struct Grants {
    /// Environment variables; it sees no others.
    pub environment: Vec<(String, String)>,
    /// Configuration: what `wasi:config` and Spin's `variables` answer with.
    pub variables: Variables,
    /// Directories that it may read.
    pub files: Files,
    /// What it may send to other servers.
    pub outbound: Gate,
}

/// Names and values, of which some are secrets: they are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(Arc<[(String, String)]>);

impl Variables {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
