//! From the text of a manifest to an application: what must hold between its tables.

use std::collections::BTreeMap;
use std::path::Path;

use super::explain::{VERSION_1, explain};
use super::problem::{Problem, line};
use super::schema::Document;
use super::triggers::{odd_route, triggers};
use super::variables::Values;
use super::{Destination, Inputs, Manifest, provided};

/// The manifest version that Spin has written since 2.0.
const VERSION: i64 = 2;

/// A manifest on its way to a [`Manifest`].
pub(super) struct Check<'a> {
    pub(super) text: &'a str,
    pub(super) path: &'a Path,
    /// Where relative paths start.
    pub(super) folder: &'a Path,
    pub(super) inputs: &'a Inputs,
    pub(super) warnings: Vec<String>,
}

impl Check<'_> {
    pub(super) fn run(mut self) -> Result<Manifest, Problem> {
        let document: Document = toml::from_str(self.text).map_err(|error| explain(self.text, &error))?;
        let version = *document.spin_manifest_version.get_ref();
        if version != VERSION {
            let other = format!("`spin_manifest_version` is {version}: only version {VERSION} is read");
            let message = if version == 1 { format!("`spin_manifest_version`: {VERSION_1}") } else { other };
            return Err(Problem::at(document.spin_manifest_version.span(), message));
        }
        provided::application(&document.application)?;
        let values = Values::find(document.variables, self.inputs.variables_dir.as_deref())?;
        let (mut tables, mut lines) = (BTreeMap::new(), BTreeMap::new());
        for (id, table) in document.component {
            if !is_id(id.get_ref()) {
                let message = format!("`{}` is no id of a component: write it as `words-with-hyphens`", id.get_ref());
                return Err(Problem::at(id.span(), message));
            }
            lines.insert(id.get_ref().clone(), id.span().start);
            tables.insert(id.into_inner(), table);
        }
        let span = document.trigger.span();
        let document = document.trigger.into_inner();
        for (offset, hint) in document.http.iter().filter_map(odd_route) {
            self.warn(offset, &hint);
        }
        let triggers = triggers(document, &mut tables)?;
        if triggers.is_empty() {
            return Err(Problem::at(span, "there is no [[trigger.http]]: add one with a `route` and a `component`"));
        }
        if let Some(profile) = &self.inputs.profile
            && !tables.values().any(|table| table.profile.contains_key(profile))
        {
            let message = format!("no component has the profile `{profile}`: add a [component.ID.profile.{profile}]");
            return Err(Problem { message, offset: None });
        }
        let mut components = BTreeMap::new();
        for (id, table) in tables {
            let is_named = |(_, to): &(_, Destination)| matches!(to, Destination::Component(named) if *named == id);
            if triggers.iter().any(is_named) {
                components.insert(id, self.component(table, &values)?);
            } else {
                let offset = lines.get(&id).copied().unwrap_or_default();
                self.warn(offset, &format!("no trigger names the component `{id}`: it is neither built nor loaded"));
            }
        }
        Ok(Manifest { path: self.path.to_owned(), triggers, components, warnings: self.warnings })
    }

    /// Notes what is permitted and probably not meant.
    pub(super) fn warn(&mut self, offset: usize, message: &str) {
        self.warnings.push(format!("{}:{}: {message}", self.path.display(), line(self.text, offset)));
    }
}

/// The ids that Spin permits: words of letters and digits with hyphens between them.
fn is_id(id: &str) -> bool {
    id.split('-').all(|word| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
