//! The text of a manifest: its tables and keys, as Spin's schema of version 2 has them.
//! <https://github.com/spinframework/spin/blob/main/crates/manifest/src/schema/v2.rs>
//!
//! Nothing is judged here but the types. A key that is not here is an error, as it is for Spin.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) spin_manifest_version: Spanned<i64>,
    pub(super) application: Application,
    #[serde(default)]
    pub(super) variables: BTreeMap<Spanned<String>, Variable>,
    pub(super) trigger: Spanned<Triggers>,
    #[serde(default)]
    pub(super) component: BTreeMap<Spanned<String>, Component>,
}

/// Words about the application, for people and registries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "most is checked for its type, not used")]
pub(super) struct Application {
    name: String,
    version: Option<String>,
    description: Option<String>,
    authors: Option<Vec<String>>,
    targets: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) trigger: BTreeMap<String, BTreeMap<String, Spanned<toml::Value>>>,
    tool: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) secret: bool,
}

/// The triggers by their kind.
#[derive(Default)]
pub(super) struct Triggers {
    pub(super) http: Vec<HttpTrigger>,
    /// Kinds of triggers that are not ours.
    pub(super) others: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpTrigger {
    #[serde(rename = "id")]
    pub(super) _id: Option<String>,
    pub(super) route: Spanned<TextOr<Private>>,
    pub(super) component: Option<Spanned<TextOr<Box<Component>>>>,
    pub(super) components: Option<Spanned<toml::Value>>,
    pub(super) dependencies: Option<Spanned<toml::Value>>,
    pub(super) executor: Option<Spanned<Executor>>,
    pub(super) static_response: Option<Spanned<StaticResponse>>,
}

/// An answer that stands in the manifest. Spin ignores other keys here: who misspells one would not hear of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StaticResponse {
    pub(super) status_code: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Private {
    #[serde(rename = "private")]
    _private: bool,
}

#[derive(Deserialize)]
pub(super) struct Executor {
    pub(super) r#type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Component {
    pub(super) source: Spanned<TextOr<IgnoredAny>>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    pub(super) variables: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) files: Vec<Spanned<TextOr<Placement>>>,
    #[serde(default)]
    pub(super) exclude_files: Vec<Spanned<String>>,
    pub(super) allowed_http_hosts: Option<Spanned<toml::Value>>,
    #[serde(default)]
    pub(super) allowed_outbound_hosts: Vec<Spanned<String>>,
    pub(super) key_value_stores: Option<Spanned<toml::Value>>,
    pub(super) sqlite_databases: Option<Spanned<toml::Value>>,
    pub(super) ai_models: Option<Spanned<toml::Value>>,
    #[serde(rename = "targets")]
    _targets: Option<IgnoredAny>,
    pub(super) build: Option<Build>,
    #[serde(rename = "tool")]
    _tool: Option<IgnoredAny>,
    pub(super) dependencies_inherit_configuration: Option<Spanned<toml::Value>>,
    pub(super) dependencies: Option<Spanned<toml::Value>>,
    #[serde(default)]
    pub(super) profile: BTreeMap<String, Profile>,
}

/// What a component has otherwise in a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) source: Option<Spanned<TextOr<IgnoredAny>>>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, Spanned<String>>,
    pub(super) dependencies: Option<Spanned<toml::Value>>,
    pub(super) build: Option<ProfileBuild>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileBuild {
    pub(super) command: Commands,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placement {
    pub(super) source: String,
    pub(super) destination: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Build {
    pub(super) command: Commands,
    pub(super) workdir: Option<String>,
    #[serde(default)]
    pub(super) watch: Vec<String>,
}

impl Build {
    /// A build of these commands in the manifest's folder.
    pub(super) fn of(command: Commands) -> Self {
        Self { command, workdir: None, watch: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`command` must be a string or a list of strings")]
pub(super) enum Commands {
    One(String),
    Many(Vec<String>),
}

/// What is written as text or as a table.
pub(super) enum TextOr<T> {
    Text(String),
    Table(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = TextOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a table")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<TextOr<T>, E> {
                String::deserialize(StrDeserializer::new(text)).map(TextOr::Text)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TextOr<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Table)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Triggers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByKind;

        impl<'de> Visitor<'de> for ByKind {
            type Value = Triggers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[[trigger.http]] tables")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Triggers, A::Error> {
                let mut triggers = Triggers::default();
                while let Some(kind) = map.next_key::<Spanned<String>>()? {
                    if kind.get_ref() == "http" {
                        triggers.http = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        triggers.others.push(kind);
                    }
                }
                Ok(triggers)
            }
        }

        deserializer.deserialize_map(ByKind)
    }
}
