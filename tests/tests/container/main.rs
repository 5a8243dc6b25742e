//! The image: what is in it, how a container of it behaves under restrictions, and how it ends.

mod image;
mod own;
mod running;
mod secrets;

use std::{collections::BTreeSet, fs, path::Path, process::ExitCode};

use catamaran_tests::{
    docker::unavailable,
    suite::Suite,
    tool::{DOCKER, SLOW_DOCKER},
};
use tempfile::TempDir;

type Test = (&'static str, fn() -> Result<(), String>);

const TESTS: &[Test] = &[
    ("the image holds the host, tini, the application and the papers, and nothing else", image::only_what_is_needed),
    ("the image has 12 MB at most", image::small),
    ("the image says what it is and how it is to be run", image::described),
    ("the service says of which version and commit it is, as the image's labels do", image::of_one_commit),
    ("both bills of materials name what they must", image::bills_of_materials),
    ("a secret in the build's folder is neither in the image nor in its history", secrets::no_secret),
    ("the build's context has no secret, no history and no target folder", secrets::no_secret_in_the_context),
    ("process 1 is tini, and neither it nor the host may anything", running::unprivileged),
    ("a container without a writable path keeps the contract", running::read_only),
    ("a container writes nothing", running::writes_nothing),
    ("threads and requests follow the limits of the container", running::follows_its_limits),
    ("a burst of requests stays within 64 MB", running::burst),
    ("a container becomes healthy", running::healthy),
    ("a container whose component fails becomes unhealthy", own::fails),
    ("SIGTERM ends a container with exit code 0", || running::ends_well_by("TERM")),
    ("SIGINT ends a container with exit code 0", || running::ends_well_by("INT")),
    ("docker stop needs no SIGKILL", running::docker_stop),
    ("a component of one's own runs when its machine code is mounted", own::mounted),
    ("a component of one's own runs in an image of two lines", own::in_an_image),
    ("a component that is not compiled is refused with one line", own::not_compiled),
    ("docker compose up --wait serves", running::compose),
];

/// What takes long: two builds of everything.
const SLOW_TESTS: &[Test] = &[("two builds that share nothing give the same image", image::reproducible)];

fn main() -> ExitCode {
    let mut suite = Suite::default();
    match unavailable() {
        Some(reason) => suite.skip("container", DOCKER, &reason),
        None => TESTS.iter().for_each(|(name, test)| suite.test(*name, test)),
    }
    if SLOW_DOCKER.is_listed() {
        SLOW_TESTS.iter().for_each(|(name, test)| suite.test(*name, test));
    } else {
        SLOW_TESTS.iter().for_each(|(name, _)| suite.leave_out(name, SLOW_DOCKER));
    }
    suite.run()
}

fn check(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => left.push(path),
                false => _ = found.insert(text(path.strip_prefix(folder).expect("a path below")).to_owned()),
            }
        }
    }
    found
}
