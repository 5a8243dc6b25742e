//! What lies beside the sources and must not come into the image.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use catamaran_tests::{
    artifacts::workspace,
    docker::{build_repository, output},
};

use super::{check, files, folder, text};

/// Files that a developer may have beside the sources, gone when this is dropped.
struct Secret(Vec<PathBuf>);

impl Secret {
    fn hide(folder: &Path, secret: &str) -> Self {
        let name = format!(".env.{}", std::process::id());
        let files = ["", "host", "component/src"].map(|below| folder.join(below).join(&name));
        for file in &files {
            fs::write(file, secret).expect("the file is written");
        }
        Self(files.into())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.iter().for_each(|file| _ = fs::remove_file(file));
    }
}

pub(super) fn no_secret() -> Result<(), String> {
    let secret = format!("secret-{}-of-the-test", std::process::id());
    let hidden = Secret::hide(workspace(), &secret);
    let image = build_repository();
    drop(hidden);
    let image = image?;
    let folder = folder();
    let archive = folder.path().join("image.tar");
    output(["save", "--output", text(&archive), &image])?;
    let bytes = fs::read(archive).expect("an archive");
    // Otherwise the layers are compressed, and nothing would be found in them.
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    check(has("spin_manifest_version"), || "the archive cannot be searched".to_owned())?;
    check(!has(&secret), || "the secret is in the image".to_owned())?;
    let history = output(["history", "--no-trunc", &image])?;
    check(!history.contains(&secret), || history)
}

pub(super) fn no_secret_in_the_context() -> Result<(), String> {
    let (context, out) = (folder(), folder());
    let write = |path: &str, content: &str| {
        let path = context.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("the file is written");
    };
    fs::copy(workspace().join(".dockerignore"), context.path().join(".dockerignore")).expect("a copy");
    let wanted = ["Cargo.lock", "Cargo.toml", "component/src/lib.rs", "host/src/main.rs", "spin.toml"];
    let unwanted =
        [".env", ".git/config", "docs/x.md", "host/.env.local", "host/x.pem", "id.key", "target/x", "host/target/x"];
    wanted.iter().chain(&unwanted).for_each(|path| write(path, "text"));
    let file = context.path().join("other.Dockerfile");
    fs::write(&file, "FROM scratch\nCOPY . /\n").expect("the file is written");
    let to = format!("type=local,dest={}", text(out.path()));
    output(["build", "--quiet", "--file", text(&file), "--output", &to, text(context.path())])?;
    let found = files(out.path());
    check(found == BTreeSet::from(wanted.map(str::to_owned)), || format!("{found:#?}"))
}
