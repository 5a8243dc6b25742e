//! The variables of an application: where their values come from, and the templates that use them.
//!
//! A value comes from the first that has one: a file of `--variables-dir` with the variable's name, the environment
//! variable `SPIN_VARIABLE_NAME`, the manifest's `default`. No value is ever part of a message.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use toml::Spanned;

use super::problem::Problem;
use super::schema::Variable;

/// As Spin has it, in front of the name in capitals.
const PREFIX: &str = "SPIN_VARIABLE_";

/// More than any key or certificate; what is larger is some other file.
const MAX_SIZE: u64 = 1 << 20;

/// The values of all variables of an application.
pub(super) struct Values(BTreeMap<String, String>);

impl Values {
    /// Finds the value of each variable.
    pub(super) fn find(variables: BTreeMap<Spanned<String>, Variable>, folder: Option<&Path>) -> Result<Self, Problem> {
        let value = |(name, variable): (Spanned<String>, Variable)| {
            let (span, name) = (name.span(), name.into_inner());
            let wrong = |message: String| Problem::at(span.clone(), message);
            if !is_name(&name) {
                let form = "write it in small letters, digits and single `_`";
                return Err(wrong(format!("`{name}` is no name of a variable: {form}")));
            }
            if variable.required == variable.default.is_some() {
                let both = if variable.required { "both `required` and" } else { "neither `required` nor" };
                return Err(wrong(format!("the variable `{name}` has {both} `default`: give it one of them")));
            }
            let from_file = folder.map(|folder| read(folder, &name)).transpose().map_err(&wrong)?.flatten();
            let from_environment = || std::env::var(environment_name(&name)).ok();
            let value = from_file.or_else(from_environment).or(variable.default).ok_or_else(|| {
                let file = "or put it in the file of this name in the folder of --variables-dir";
                wrong(format!("the variable `{name}` has no value: set {}, {file}", environment_name(&name)))
            })?;
            tracing::debug!(variable = name, secret = variable.secret, "has a value");
            Ok((name, value))
        };
        variables.into_iter().map(value).collect::<Result<_, _>>().map(Self)
    }

    /// A template with its variables replaced: `https://{{ host }}/`.
    pub(super) fn fill(&self, template: &Spanned<String>) -> Result<String, Problem> {
        let wrong = |message: String| Problem::at(template.span(), message);
        let mut parts = template.get_ref().split("{{");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, text) =
                part.split_once("}}").ok_or_else(|| wrong("a template's `{{` needs its `}}`".to_owned()))?;
            let name = name.trim();
            let value = self.0.get(name).ok_or_else(|| {
                wrong(format!("`{{{{ {name} }}}}` names no variable of the application: add it to [variables]"))
            })?;
            filled.push_str(value);
            filled.push_str(text);
        }
        Ok(filled)
    }
}

/// Whether a text has a template in it.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// The names that Spin permits: each can be a file's name and, in capitals, an environment variable's.
pub(super) fn is_name(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('_').all(word)
}

fn environment_name(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

/// The content of a file, without the newline that editors end it with. A link may lead anywhere within the folder, as
/// those of a mounted Kubernetes secret do, and nowhere else.
fn read(folder: &Path, name: &str) -> Result<Option<String>, String> {
    let path = folder.join(name);
    let wrong =
        |error: &dyn std::fmt::Display| format!("cannot read the variable `{name}` from `{}`: {error}", path.display());
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => return Ok(None),
        Err(error) => return Err(wrong(&error)),
    };
    if !real.starts_with(folder.canonicalize().map_err(|error| wrong(&error))?) {
        return Err(wrong(&"it leads out of the folder of --variables-dir; put the file itself there"));
    }
    let metadata = fs::metadata(&real).map_err(|error| wrong(&error))?;
    if !metadata.is_file() || metadata.len() > MAX_SIZE {
        return Err(wrong(&"it is no file of at most 1 MiB"));
    }
    let text = fs::read_to_string(&real).map_err(|error| wrong(&error))?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_loses_one_newline() {
        let folder = tempfile::tempdir().expect("a folder");
        for (content, value) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "), ("", "")] {
            fs::write(folder.path().join("name"), content).expect("a file");
            assert_eq!(read(folder.path(), "name"), Ok(Some(value.to_owned())), "{content:?}");
        }
        assert_eq!(read(folder.path(), "other"), Ok(None));
    }

    #[test]
    fn a_link_may_lead_within_the_folder_alone() {
        let (folder, outside) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        fs::create_dir(folder.path().join("..data")).expect("a folder");
        fs::write(folder.path().join("..data/name"), "inside").expect("a file");
        symlink("..data/name", folder.path().join("name")).expect("a link");
        assert_eq!(read(folder.path(), "name"), Ok(Some("inside".to_owned())));

        fs::write(outside.path().join("secret"), "outside").expect("a file");
        symlink(outside.path().join("secret"), folder.path().join("other")).expect("a link");
        let error = read(folder.path(), "other").expect_err("it leads out");
        assert!(error.contains("leads out") && !error.contains("outside"), "{error}");
    }

    #[test]
    fn names_are_those_of_spin() {
        for name in ["a", "a1", "a_b", "api_key_2"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "A", "1a", "_a", "a_", "a__b", "a-b", "../a", "a/b", "ä"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
