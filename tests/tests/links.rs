//! Every link of the documents that leads into the repository leads somewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use catamaran_tests::artifacts::workspace;

#[test]
fn links_between_documents_lead_to_files_and_headings_that_there_are() {
    let documents = [".", "docs", "docs/lab"].map(|folder| workspace().join(folder)).into_iter().flat_map(documents_in);
    let (mut followed, mut broken) = (0, Vec::new());
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document");
        for target in targets(&text).filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let folder = document.parent().expect("a folder");
            let led = if file.is_empty() { document.clone() } else { folder.join(file) };
            followed += 1;
            if !led.exists() || !(heading.is_empty() || anchors(&led).iter().any(|anchor| anchor == heading)) {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these lead nowhere: {broken:#?}");
    assert!(followed > 50, "only {followed} links were found");
}

fn documents_in(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = entries.map(|entry| entry.expect("an entry").path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

/// What stands in the round brackets of `[text](target)`.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// The names of a document's headings, as GitHub makes them.
fn anchors(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap_or_default();
    let titles = text.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    let anchor = |title: &str| {
        let kept =
            title.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
        kept.replace(' ', "-")
    };
    titles.map(anchor).collect()
}
