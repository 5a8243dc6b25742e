//! From the text of a manifest to an application: what must hold between its keys, and what we do not provide.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;

use super::problem::{Problem, line};
use super::schema::{Commands, Component as Table, Document, Profile, TextOr};
use super::triggers::triggers;
use super::variables::{self, Values};
use super::{Build, Component, FileEntry, Inputs, Manifest, provided};
use crate::guest::Variables;
use crate::outbound::Pattern;

/// The manifest version that Spin has written since 2.0.
const VERSION: i64 = 2;

/// A source that is not a file.
const REMOTE: &str = "only a file is served: fetch it first, compare its digest, and name the file";

/// A manifest on its way to a [`Manifest`].
pub(super) struct Check<'a> {
    pub(super) text: &'a str,
    pub(super) path: &'a Path,
    /// Where relative paths start.
    pub(super) folder: &'a Path,
    pub(super) inputs: &'a Inputs,
}

impl Check<'_> {
    pub(super) fn run(&self) -> Result<Manifest, Problem> {
        let document: Document = toml::from_str(self.text).map_err(|error| Problem::of(self.text, &error))?;
        let version = *document.spin_manifest_version.get_ref();
        if version != VERSION {
            let message = format!("`spin_manifest_version` is {version}: only version {VERSION} is read");
            return Err(Problem::at(document.spin_manifest_version.span(), message));
        }
        provided::application(&document.application)?;
        let values = Values::find(document.variables, self.inputs.variables_dir.as_deref())?;
        let mut tables = BTreeMap::new();
        for (id, table) in document.component {
            if !is_id(id.get_ref()) {
                let message = format!("`{}` is no id of a component: write it as `words-with-hyphens`", id.get_ref());
                return Err(Problem::at(id.span(), message));
            }
            tables.insert(id.into_inner(), table);
        }
        let span = document.trigger.span();
        let triggers = triggers(document.trigger.into_inner(), &mut tables)?;
        if triggers.is_empty() {
            return Err(Problem::at(span, "there is no [[trigger.http]]: add one with a `route` and a `component`"));
        }
        if let Some(profile) = &self.inputs.profile
            && !tables.values().any(|table| table.profile.contains_key(profile))
        {
            let message = format!("no component has the profile `{profile}`: add a [component.ID.profile.{profile}]");
            return Err(Problem { message, offset: None });
        }
        let components = tables.into_iter().map(|(id, table)| Ok((id, self.component(table, &values)?)));
        Ok(Manifest { path: self.path.to_owned(), triggers, components: components.collect::<Result<_, Problem>>()? })
    }

    fn component(&self, mut table: Table, values: &Values) -> Result<Component, Problem> {
        if let Some(profile) = self.inputs.profile.as_ref().and_then(|name| table.profile.remove(name)) {
            apply(profile, &mut table);
        }
        provided::component(&table)?;
        let source = match table.source.get_ref() {
            TextOr::Text(file) => self.folder.join(file),
            TextOr::Table(_) => return Err(Problem::at(table.source.span(), format!("`source` is remote: {REMOTE}"))),
        };
        let variable = |(name, template): (Spanned<String>, Spanned<String>)| {
            if variables::is_name(name.get_ref()) {
                return Ok((name.into_inner(), values.fill(&template)?));
            }
            let form = "write it in small letters, digits and single `_`";
            Err(Problem::at(name.span(), format!("`{}` is no name of a variable: {form}", name.get_ref())))
        };
        let mut allowed_outbound_hosts = Vec::new();
        for template in &table.allowed_outbound_hosts {
            allowed_outbound_hosts.extend(self.pattern(template, values)?);
        }
        Ok(Component {
            source,
            environment: self.environment(table.environment),
            variables: table.variables.into_iter().map(variable).collect::<Result<Variables, _>>()?,
            allowed_outbound_hosts,
            files: table.files.into_iter().map(|entry| self.file(entry)).collect(),
            exclude_files: table.exclude_files.into_iter().map(Spanned::into_inner).collect(),
            build: table.build.map(|build| self.build(build)),
        })
    }

    fn build(&self, build: super::schema::Build) -> Build {
        let directory = build.workdir.map_or_else(|| self.folder.to_owned(), |folder| self.folder.join(folder));
        Build {
            commands: match build.command {
                Commands::One(command) => vec![command],
                Commands::Many(commands) => commands,
            },
            watch: build.watch.iter().map(|pattern| directory.join(pattern)).collect(),
            directory,
        }
    }

    /// The variables as they stand: Spin replaces nothing in them.
    fn environment(&self, environment: BTreeMap<String, Spanned<String>>) -> Vec<(String, String)> {
        let pair = |(name, value): (String, Spanned<String>)| {
            if variables::is_template(value.get_ref()) {
                let (path, line) = (self.path.display(), line(self.text, value.span().start));
                tracing::warn!("{path}:{line}: `{name}` has a template, but `environment` takes none: use `variables`");
            }
            (name, value.into_inner())
        };
        environment.into_iter().map(pair).collect()
    }

    /// The pattern of a template; none where its variables leave nothing of it, as Spin has it.
    fn pattern(&self, template: &Spanned<String>, values: &Values) -> Result<Option<Pattern>, Problem> {
        let wrong = |message: String| Problem::at(template.span(), format!("`allowed_outbound_hosts`: {message}"));
        let filled = values.fill(template)?;
        let is_template = variables::is_template(template.get_ref());
        if is_template && matches!(filled.as_str(), "" | "http://" | "https://") {
            return Ok(None);
        }
        let pattern: Pattern = filled.parse().map_err(|error: crate::outbound::PatternError| {
            // The value of a variable may be a secret.
            let template = template.get_ref();
            let filled = format!("`{template}` with its variables is no pattern such as `https://example.com:8443`");
            wrong(if is_template { filled } else { error.to_string() })
        })?;
        if !pattern.is_http() {
            let (path, line) = (self.path.display(), line(self.text, template.span().start));
            let template = template.get_ref();
            tracing::warn!("{path}:{line}: `{template}` permits nothing here: only http and https are provided");
        }
        Ok(Some(pattern))
    }

    fn file(&self, entry: Spanned<TextOr<super::schema::Placement>>) -> FileEntry {
        let line = line(self.text, entry.span().start);
        match entry.into_inner() {
            TextOr::Text(pattern) => FileEntry { line, source: pattern, destination: None },
            TextOr::Table(placement) => {
                FileEntry { line, source: placement.source, destination: Some(placement.destination) }
            }
        }
    }
}

/// The profile's own values take the place of the component's.
fn apply(profile: Profile, table: &mut Table) {
    if let Some(source) = profile.source {
        table.source = source;
    }
    table.environment.extend(profile.environment);
    table.dependencies = profile.dependencies.or(table.dependencies.take());
    if let Some(build) = profile.build {
        match &mut table.build {
            Some(own) => own.command = build.command,
            None => table.build = Some(super::schema::Build::of(build.command)),
        }
    }
}

/// The ids that Spin permits: words of letters and digits with hyphens between them.
fn is_id(id: &str) -> bool {
    id.split('-').all(|word| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
