//! What an error of the TOML reader means for whoever wrote the manifest: which key, and how to write it.
//!
//! Only keys are repeated: a value may be a secret.

use toml::Table;

use super::problem::{Problem, line_at};
use crate::nearest::nearest;

/// What has to be done about a manifest as Spin 1 had them.
pub(super) const VERSION_1: &str = "this is manifest version 1, only version 2 is read: write `spin_manifest_version = 2`, \
    `name` below [application], each trigger as [[trigger.http]] with its `route` and `component`, and each component as \
    [component.ID]; Spin's documentation tells how to upgrade (Writing Spin Applications, Upgrading to Version 2)";

/// The problem of a text of which the reader says `error`.
pub(super) fn explain(text: &str, error: &toml::de::Error) -> Problem {
    let Ok(document) = toml::from_str::<Table>(text) else { return no_toml(text, error) };
    if let Some(key) = key_of_version_1(&document) {
        return Problem { message: format!("`{key}`: {VERSION_1}"), offset: offset_of(text, key) };
    }
    let message = match error.message().strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(key) => missing(key, &path(error)),
        None => wrong(error.message(), &path(error)),
    };
    Problem { message, offset: error.span().map(|span| span.start) }
}

/// An error of the text itself, with the key of the line that it points at.
fn no_toml(text: &str, error: &toml::de::Error) -> Problem {
    let offset = error.span().map(|span| span.start.min(text.len()));
    // Within a text of several lines, what stands before a `=` is a part of a value.
    let in_value =
        |offset: usize| ["\"\"\"", "'''"].iter().any(|quotes| text[..offset].matches(quotes).count() % 2 == 1);
    let line = offset.filter(|&offset| !in_value(offset)).map(|offset| line_at(text, offset));
    let key = line.and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let message = match (key, error.message()) {
        (Some(key), message) if !message.contains(key) => format!("`{key}`: {message}"),
        (_, message) => message.to_owned(),
    };
    Problem { message, offset }
}

/// The key that shows that the manifest is one of version 1, if there is one.
fn key_of_version_1(document: &Table) -> Option<&'static str> {
    let version = document.get("spin_manifest_version");
    if document.contains_key("spin_version") {
        Some("spin_version")
    } else if version.is_some_and(|version| version.as_str() == Some("1") || version.as_integer() == Some(1)) {
        Some("spin_manifest_version")
    } else {
        document.get("component").filter(|component| version.is_none() && component.is_array()).map(|_| "component")
    }
}

/// Where a key, or the table of its name, first begins a line.
fn offset_of(text: &str, key: &str) -> Option<usize> {
    let begins = |line: &&str| line.trim_start_matches(['[', ' ', '\t']).starts_with(key);
    text.lines().find(begins).map(|line| line.as_ptr().addr() - text.as_ptr().addr())
}

/// The keys that lead to the error, as the reader shows them beside its message when it has no text to show.
fn path(error: &toml::de::Error) -> String {
    let mut error = error.clone();
    error.set_input(None);
    let shown = error.to_string();
    let last = shown.lines().last().and_then(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    last.unwrap_or_default().to_owned()
}

fn missing(key: &str, path: &str) -> String {
    match (key, path) {
        ("spin_manifest_version", _) => {
            format!("`{key}` is missing: begin the file with `{key} = 2`, the version that is read")
        }
        ("application", "") => "there is no [application]: add one with the `name` of the application".to_owned(),
        ("trigger", "") => "there is no [[trigger.http]]: add one with a `route` and a `component`".to_owned(),
        (key, "trigger.http") => format!("a [[trigger.http]] has no `{key}`: add it"),
        (key, path) => format!("[{path}] has no `{key}`: add it"),
    }
}

fn wrong(message: &str, path: &str) -> String {
    if let Some(unknown) = message.strip_prefix("unknown field ") {
        return unknown_key(unknown, path);
    }
    // "invalid type: string "…", expected a table": what stands there is not repeated.
    let Some((found, expected)) = message.split_once(", expected ").filter(|(found, _)| found.starts_with("invalid "))
    else {
        return if path.is_empty() { message.to_owned() } else { format!("`{path}`: {message}") };
    };
    let found = found.split_once(": ").map_or("", |(_, found)| found);
    let is = |kinds: &[&str]| kinds.iter().any(|kind| found.starts_with(kind));
    let scalar = is(&["integer", "floating point", "boolean"]);
    let variable = path.strip_prefix("variables.").filter(|name| !name.contains('.'));
    match (path, expected, variable) {
        ("spin_manifest_version", ..) => format!("`{path}` must be the number 2, without quotes"),
        ("trigger.http", ..) if is(&["map"]) => {
            "`trigger.http` is one table, and a list is read: write it with double brackets, [[trigger.http]]"
                .to_owned()
        }
        ("component", ..) if is(&["sequence"]) => {
            "`component` is a list, as in manifest version 1: write each component as [component.ID]".to_owned()
        }
        (_, _, Some(name)) => {
            format!(
                "`{path}` must be a table: write `{name} = {{ default = \"…\" }}` or `{name} = {{ required = true }}`"
            )
        }
        (_, "a string" | "a string or a table", _) if scalar => {
            format!("`{path}`: expected {expected}: put the value in quotes")
        }
        (_, "a sequence", _) if is(&["string"]) => format!("`{path}` must be a list: put it in brackets, [\"…\"]"),
        (_, "a sequence", _) => format!("`{path}`: expected a list"),
        (_, expected, _) if expected == "a map" || expected.starts_with("struct ") => {
            format!("`{path}`: expected a table")
        }
        _ => format!("`{path}`: expected {expected}"),
    }
}

/// "`sorce`, expected one of `source`, `files`", or "expected `a` or `b`".
fn unknown_key(rest: &str, path: &str) -> String {
    let (unknown, known) = rest.split_once(", ").unwrap_or((rest, ""));
    let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
    match nearest(unknown.trim_matches('`'), known.split('`').skip(1).step_by(2)) {
        Some(key) => format!("unknown key {unknown}{place}: did you mean `{key}`?"),
        None => format!("unknown key {unknown}{place}: {known}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::schema::Document;
    use super::super::{Inputs, Manifest, ManifestError};
    use super::*;

    /// Right and wrong lines, with `s3cr3t` for values.
    const LINES: [&str; 24] = [
        "spin_manifest_version = 2",
        "spin_manifest_version = 's3cr3t'",
        "spin_version = 's3cr3t'",
        "[application]",
        "name = 's3cr3t'",
        "[variables]",
        "\"a\\nb\" = 's3cr3t'",
        "v = { default = 's3cr3t' }",
        "[[trigger.http]]",
        "[trigger.http]",
        "[trigger]",
        "route = '/s3cr3t'",
        "static_response = { body = ['s3cr3t'] }",
        "component = 'test'",
        "component = { source = 's3cr3t', \"c\\nd\" = 1 }",
        "[component.test]",
        "[[component]]",
        "source = 's3cr3t'",
        "files = 's3cr3t'",
        "environment = { A = 's3cr3t', B = 1 }",
        "build.command = { a = 's3cr3t' }",
        "key = \"\"\"\ns3cr3t\\q==\n\"\"\"",
        "key = '''\ns3cr3t==\n'''",
        "'component.test' = s3cr3t",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

        #[test]
        fn an_error_is_one_line_at_a_line_of_the_file_and_repeats_no_value(lines in vec(select(&LINES[..]), 0..12), cut in 0..400_usize) {
            let text: String = lines.join("\n").chars().take(cut).collect();
            if let Err(error) = toml::from_str::<Document>(&text) {
                let message = explain(&text, &error).message;
                prop_assert!(!message.contains("s3cr3t"), "{message}: {text}");
            }
            let error = Manifest::parse(&text, Path::new("spin.toml"), &Inputs::default()).err();
            if let Some(ManifestError::Invalid { line, message, .. }) = error {
                prop_assert!((1..=text.matches('\n').count() + 1).contains(&line), "{line} of {text}");
                prop_assert!(!message.is_empty() && !message.contains('\n'), "{message}");
            }
        }
    }
}
