//! The files of a component: what it may read, and nothing else.
//!
//! Where all entries are folders, each is opened where it stands. Otherwise what the entries name is copied once, when
//! the application is loaded, and the copy is opened as `/`: a folder would show more than a pattern has named. Either
//! way a guest reads, and never writes.

use std::fs;
use std::io;
use std::path::{Component as Part, Path, PathBuf};

use tempfile::TempDir;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use super::{Component, FileEntry, Manifest, ManifestError};

/// The directories that a component sees.
#[derive(Default)]
pub struct Files {
    /// Folders of ours, and the guest's names for them.
    mounts: Vec<(PathBuf, String)>,
    /// Removed when the last instance is gone.
    _copy: Option<TempDir>,
}

impl Files {
    /// Opens the directories for an instance, to be read.
    pub(crate) fn open(&self, builder: &mut WasiCtxBuilder) {
        for (folder, name) in &self.mounts {
            if let Err(error) = builder.preopened_dir(folder, name, FsPerms::ReadOnly) {
                tracing::warn!("a component misses the folder {name}: {}: {error}", folder.display());
            }
        }
    }
}

impl Manifest {
    /// Prepares what a component may read.
    ///
    /// # Errors
    /// When an entry names nothing, or what lies outside the folder of the manifest.
    pub fn files(&self, component: &Component) -> Result<Files, ManifestError> {
        // What a pattern finds has no `.` before it, as the folder of a file that is named alone would have.
        let folder = &std::path::absolute(self.folder()).unwrap_or_else(|_| self.folder().to_owned());
        let copy = || {
            let copy = TempDir::new().map_err(|error| (0, format!("no folder for copies of `files`: {error}")))?;
            for entry in &component.files {
                copy_entry(entry, folder, copy.path(), &component.exclude_files)
                    .map_err(|reason| (entry.line, format!("`files`: `{}` {reason}", entry.source)))?;
            }
            Ok(Files { mounts: vec![(copy.path().to_owned(), "/".to_owned())], _copy: Some(copy) })
        };
        let files = match component.files.as_slice() {
            [] => Ok(Files::default()),
            entries => match folders(entries, folder).filter(|_| component.exclude_files.is_empty()) {
                Some(mounts) => mounts
                    .iter()
                    .zip(entries)
                    .try_for_each(|((folder, _), entry)| {
                        only_files(folder)
                            .map_err(|reason| (entry.line, format!("`files`: `{}` {reason}", entry.source)))
                    })
                    .map(|()| Files { mounts, _copy: None }),
                None => copy(),
            },
        };
        files.map_err(|(line, message)| ManifestError::Invalid { path: self.path.clone(), line: line.max(1), message })
    }
}

/// The entries as folders, each with a name of its own; `None` when they are not.
fn folders(entries: &[FileEntry], folder: &Path) -> Option<Vec<(PathBuf, String)>> {
    let mut mounts: Vec<(PathBuf, String)> = Vec::new();
    for entry in entries {
        let (source, name) = (folder.join(&entry.source), entry.destination.as_ref()?);
        let name = format!("/{}", relative(name)?.display());
        if !source.is_dir() || mounts.iter().any(|(_, other)| *other == name) {
            return None;
        }
        mounts.push((source, name));
    }
    Some(mounts)
}

/// Refuses a folder that holds anything but files, folders and links: a guest that opened a pipe would keep a thread of
/// the host for as long as nobody writes to it.
fn only_files(folder: &Path) -> Result<(), String> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let wrong = |error: io::Error| format!("has `{}`, which cannot be read: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let kind = entry.file_type().map_err(wrong)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if !kind.is_file() && !kind.is_symlink() {
                let name = entry.path();
                return Err(format!(
                    "has `{}`, which is no file: a guest would wait for it; remove it",
                    name.display()
                ));
            }
        }
    }
    Ok(())
}

fn copy_entry(entry: &FileEntry, folder: &Path, copy: &Path, exclude: &[String]) -> Result<(), String> {
    let exclude: Vec<_> = exclude.iter().map(|text| pattern(text)).collect::<Result<_, _>>()?;
    let source = folder.join(&entry.source);
    let destination = entry.destination.as_deref().map(|name| {
        relative(name).ok_or_else(|| format!("has the destination `{name}`: write it as `/path` without `..`"))
    });
    let destination = destination.transpose()?;
    match destination {
        Some(destination) if source.is_file() => copy_file(&source, folder, &copy.join(destination)),
        Some(destination) if source.is_dir() => {
            copy_all(&source, "**/*", &source, folder, &copy.join(destination), &exclude)
        }
        Some(_) => Err("is not there: correct its `source`".to_owned()),
        None => {
            let name = relative(&entry.source).ok_or("must lie within the folder of the manifest")?;
            if source.is_file() {
                copy_file(&source, folder, &copy.join(name))
            } else if source.is_dir() {
                copy_all(&source, "**/*", &source, folder, &copy.join(name), &exclude)
            } else {
                copy_all(folder, &entry.source, folder, folder, copy, &exclude)
            }
        }
    }
}

/// Copies the files below `base` that match `text`; their names in the copy are those below `root`.
fn copy_all(
    base: &Path,
    text: &str,
    root: &Path,
    folder: &Path,
    copy: &Path,
    exclude: &[glob::Pattern],
) -> Result<(), String> {
    let full = format!("{}/{text}", glob::Pattern::escape(&base.display().to_string()));
    let mut found = false;
    for path in glob::glob(&full).map_err(|error| format!("is no pattern: {error}"))? {
        let path = path.map_err(|error| format!("cannot be read: {error}"))?;
        let below = path.strip_prefix(folder).unwrap_or(&path);
        if !path.is_file() || exclude.iter().any(|pattern| pattern.matches_path(below)) {
            continue;
        }
        found = true;
        let name = path.strip_prefix(root).map_err(|_| "must lie within the folder of the manifest")?;
        copy_file(&path, root, &copy.join(name))?;
    }
    if found { Ok(()) } else { Err("names no file: correct it".to_owned()) }
}

/// Copies a file, unless a link leads it out of `root`.
fn copy_file(path: &Path, root: &Path, copy: &Path) -> Result<(), String> {
    let wrong = |error: io::Error| format!("has `{}`, which cannot be copied: {error}", path.display());
    let (real, root) = (path.canonicalize().map_err(wrong)?, root.canonicalize().map_err(wrong)?);
    if !real.starts_with(root) {
        return Err(format!("has `{}`, which leads out of the folder: put the file itself there", path.display()));
    }
    if let Some(parent) = copy.parent() {
        fs::create_dir_all(parent).map_err(wrong)?;
    }
    fs::copy(real, copy).map(drop).map_err(wrong)
}

fn pattern(text: &str) -> Result<glob::Pattern, String> {
    glob::Pattern::new(text).map_err(|error| format!("has with `exclude_files` no pattern: `{text}`: {error}"))
}

/// A path below a root, whether it is written from there or not; `None` when it climbs out of it.
fn relative(path: &str) -> Option<PathBuf> {
    let parts = Path::new(path).components().filter(|part| !matches!(part, Part::RootDir | Part::CurDir));
    parts.map(|part| matches!(part, Part::Normal(_)).then_some(part)).collect()
}
