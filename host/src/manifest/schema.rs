//! The text of a manifest: its keys, and what must hold between them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{Build, Component, Manifest};
use crate::application::Route;

/// The manifest version that Spin has written since 2.0.
const VERSION: i64 = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    spin_manifest_version: Spanned<i64>,
    #[serde(rename = "application")]
    _application: Application,
    trigger: Spanned<Triggers>,
    component: BTreeMap<String, ComponentTable>,
}

/// Words about the application, for people and registries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "checked for its types, not used")]
struct Application {
    name: String,
    version: Option<String>,
    description: Option<String>,
    authors: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    #[serde(default)]
    http: Vec<HttpTrigger>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    #[serde(rename = "id")]
    _id: Option<String>,
    route: Spanned<String>,
    component: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComponentTable {
    source: Spanned<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    allowed_outbound_hosts: Option<Spanned<Vec<String>>>,
    build: Option<BuildTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildTable {
    command: Commands,
    workdir: Option<String>,
    #[serde(default)]
    watch: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`command` must be a string or a list of strings")]
enum Commands {
    One(String),
    Many(Vec<String>),
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) offset: Option<usize>,
}

impl Problem {
    fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: Some(span.start) }
    }

    /// The line of the problem, from 1.
    pub(super) fn line(&self, text: &str) -> usize {
        1 + text[..self.offset.unwrap_or(0).min(text.len())].matches('\n').count()
    }
}

/// Reads the manifest of the file `path`, whose relative paths start in `folder`.
pub(super) fn parse(text: &str, path: &Path, folder: &Path) -> Result<Manifest, Problem> {
    let document: Document = toml::from_str(text).map_err(|error| problem(text, &error))?;
    let version = *document.spin_manifest_version.get_ref();
    if version != VERSION {
        let span = document.spin_manifest_version.span();
        return Err(Problem::at(span, format!("`spin_manifest_version` is {version}: only version {VERSION} is read")));
    }
    let span = document.trigger.span();
    let triggers = triggers(document.trigger.into_inner(), &document.component)?;
    if triggers.is_empty() {
        return Err(Problem::at(span, "there is no [[trigger.http]]: add one with a `route` and a `component`"));
    }
    let components = document.component.into_iter().map(|(id, table)| Ok((id, component(table, folder)?)));
    Ok(Manifest { path: path.to_owned(), triggers, components: components.collect::<Result<_, Problem>>()? })
}

fn triggers(
    triggers: Triggers,
    components: &BTreeMap<String, ComponentTable>,
) -> Result<Vec<(Route, String)>, Problem> {
    let mut routes: Vec<(Route, String)> = Vec::new();
    for HttpTrigger { route, component, .. } in triggers.http {
        let parsed = Route::parse(route.get_ref()).map_err(|error| Problem::at(route.span(), error.to_string()))?;
        if let Some((same, _)) = routes.iter().find(|(other, _)| other.patterns() == parsed.patterns()) {
            return Err(Problem::at(route.span(), format!("the route `{parsed}` stands above as `{same}`: keep one")));
        }
        if !components.contains_key(component.get_ref()) {
            let id = component.get_ref();
            return Err(Problem::at(component.span(), format!("`component` names `{id}`: add a [component.{id}]")));
        }
        routes.push((parsed, component.into_inner()));
    }
    Ok(routes)
}

fn component(table: ComponentTable, folder: &Path) -> Result<Component, Problem> {
    if let Some(hosts) = table.allowed_outbound_hosts.filter(|hosts| !hosts.get_ref().is_empty()) {
        let message = "`allowed_outbound_hosts` is not empty: outgoing requests are not provided; leave it empty";
        return Err(Problem::at(hosts.span(), message));
    }
    let build = table.build.map(|build| {
        let directory = build.workdir.map_or_else(|| folder.to_owned(), |workdir| folder.join(workdir));
        Build {
            commands: match build.command {
                Commands::One(command) => vec![command],
                Commands::Many(commands) => commands,
            },
            watch: build.watch.iter().map(|pattern| directory.join(pattern)).collect(),
            directory,
        }
    });
    Ok(Component {
        source: folder.join(table.source.into_inner()),
        environment: table.environment.into_iter().collect(),
        build,
    })
}

/// One line for an error of the TOML reader, with the key of the line that it points at. Only the key: the value
/// may be a secret.
fn problem(text: &str, error: &toml::de::Error) -> Problem {
    let offset = error.span().map(|span| span.start);
    let line = offset.and_then(|offset| text[offset.min(text.len())..].lines().next().map(|_| line_at(text, offset)));
    let key = line.and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let message = error.message().replace('\n', " ");
    let message = match key {
        Some(key) if !message.contains(key) => format!("`{key}`: {message}"),
        _ => message,
    };
    Problem { message, offset }
}

fn line_at(text: &str, offset: usize) -> &str {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].lines().next().unwrap_or_default()
}
