//! The documentation knows the schema.

use super::*;

/// The keys of a table, from what the reader says of a key that is none of them.
fn keys(text: &str) -> Vec<String> {
    let error = toml::from_str::<Document>(text).err().expect("an unknown key").message().to_owned();
    let (_, expected) = error.split_once("expected ").unwrap_or_else(|| panic!("{error}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_documentation_has_each_key() {
    let documentation = include_str!("../../../../docs/manifest.md");
    let component =
        "spin_manifest_version = 2\napplication.name = 'a'\ntrigger.http = []\n[component.a]\nsource = 'a'\n";
    for (table, text) in [
        ("", "nonsense = 1".to_owned()),
        ("application", "application.nonsense = 1".to_owned()),
        ("variables", "variables.a.nonsense = 1".to_owned()),
        ("trigger.http", "[[trigger.http]]\nnonsense = 1".to_owned()),
        ("component", format!("{component}nonsense = 1")),
        ("component.build", format!("{component}build.nonsense = 1")),
        ("component.profile", format!("{component}profile.x.nonsense = 1")),
    ] {
        let keys = keys(&text);
        assert!(!keys.is_empty(), "{table}");
        let (_, section) = documentation
            .split_once(&format!("\n## `{table}`"))
            .or_else(|| documentation.split_once("\n## The file").filter(|_| table.is_empty()))
            .unwrap_or_else(|| panic!("no section `{table}`"));
        let section = section.split("\n## ").next().unwrap_or_default();
        for key in keys {
            assert!(section.contains(&format!("| `{key}")), "`{key}` has no row in the section `{table}`");
        }
    }
}
