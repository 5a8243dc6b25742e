//! One component of a manifest: what its keys mean, and which of them we do not provide.

use std::collections::BTreeMap;

use toml::Spanned;

use super::check::Check;
use super::problem::{Problem, line};
use super::schema::{Commands, Component as Table, Profile, TextOr};
use super::variables::{self, Values};
use super::{Build, Component, FileEntry, provided};
use crate::guest::Variables;
use crate::outbound::Pattern;

/// A source that is not a file.
const REMOTE: &str = "only a file is served: fetch it first, compare its digest, and name the file";

impl Check<'_> {
    /// Reads a component with its profile applied and its templates filled.
    pub(super) fn component(&mut self, mut table: Table, values: &Values) -> Result<Component, Problem> {
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
            environment: self.environment(table.environment)?,
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
    fn environment(
        &mut self,
        environment: BTreeMap<String, Spanned<String>>,
    ) -> Result<Vec<(String, String)>, Problem> {
        let pair = |(name, value): (String, Spanned<String>)| {
            if !is_environment_name(&name) {
                let message = format!("`environment`: `{}` is no name of a variable", name.escape_default());
                return Err(Problem::at(value.span(), format!("{message}: it needs a letter, and may have no `=`")));
            }
            if variables::is_template(value.get_ref()) {
                let hint = format!("`{name}` has a template, but `environment` takes none: use `variables`");
                self.warn(value.span().start, &hint);
            }
            Ok((name, value.into_inner()))
        };
        environment.into_iter().map(pair).collect()
    }

    /// The pattern of a template; none where its variables leave nothing of it, as Spin has it.
    fn pattern(&mut self, template: &Spanned<String>, values: &Values) -> Result<Option<Pattern>, Problem> {
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
            let hint = format!("`{}` permits nothing here: only http and https are provided", template.get_ref());
            self.warn(template.span().start, &hint);
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

/// The names that a list of `name=value` can hold (POSIX.1-2024 section 8.1).
fn is_environment_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
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
