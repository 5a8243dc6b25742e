//! What the documents show is what happens: each of their command blocks is run in bash, and prints what is shown below it.
//!
//! The blocks of a document are one session, in the repository's root: a server that one starts is asked by the next. They
//! are run as they stand, but for the ports 8000 and 9000 of the loopback interface, which are free ones here; the
//! host is told by its variables.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::{Mutex, PoisonError},
};

use catamaran_tests::{
    artifacts::{Generation::P2, component, guest, host, variables_of_this_test, workspace},
    docker,
    hosts::free_address,
    process::run,
    suite::Suite,
    tool::{DOCKER, SLOW_DOCKER, Tool},
    walk::{Commands, Walk},
};

/// Between the output of two blocks.
const MARK: char = '\u{1e}';

/// What ends a session that does not end by itself, as `timeout` reads it: two builds of the image fit into it.
const LIMIT: &str = "3600";

/// Documents beside those of `docs/lab`.
const DOCUMENTS: &[&str] = &["docs/demo.md"];

/// A document that begins in an empty folder.
const FROM_NOTHING: &str = "docs/own-component.md";

fn main() -> ExitCode {
    let mut suite = Suite::default();
    let mut documents = steps();
    documents.extend(DOCUMENTS.iter().chain([&FROM_NOTHING]).map(PathBuf::from));
    for document in documents {
        add(&mut suite, &document);
    }
    suite.test("the recording of the demonstration shows its commands", recorded);
    suite.test("the index of the lab names every step, in their order", indexed);
    suite.run()
}

/// The steps of the lab by their numbers, as paths in the repository.
fn steps() -> Vec<PathBuf> {
    let folder = Path::new("docs/lab");
    let entries = fs::read_dir(workspace().join(folder)).expect("the lab");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"));
    let number = |name: &String| name.split_once('-').and_then(|(number, _)| number.parse::<usize>().ok());
    let mut steps: Vec<(usize, String)> = names.filter_map(|name| Some((number(&name)?, name))).collect();
    steps.sort();
    steps.into_iter().map(|(_, name)| folder.join(name)).collect()
}

fn add(suite: &mut Suite, document: &Path) {
    let Walk { commands, quotes } = Walk::read(&workspace().join(document));
    let name = document.display().to_string();
    let mut here = Vec::new();
    for block in commands {
        match block.tools.iter().find_map(|tool| Some((*tool, unavailable(*tool)?))) {
            None => here.push(block),
            Some((SLOW_DOCKER, _)) => suite.leave_out(&format!("{name}, line {}", block.line), SLOW_DOCKER),
            Some((tool, reason)) => suite.skip(&format!("{name}, line {}", block.line), tool, &reason),
        }
    }
    let from_nothing = document == Path::new(FROM_NOTHING);
    if !here.is_empty() {
        suite.test(format!("{name}: its commands do what it shows"), move || hold(&here, from_nothing));
    }
    if !quotes.is_empty() {
        suite.test(format!("{name}: what it quotes stands there"), move || {
            let missing = quotes.iter().find_map(|quote| Some((&quote.file, quote.missing(workspace())?)));
            missing.map_or(Ok(()), |(file, line)| Err(format!("{file} does not say: {line}")))
        });
    }
}

fn unavailable(tool: Tool) -> Option<String> {
    match tool {
        SLOW_DOCKER => (!SLOW_DOCKER.is_listed()).then(String::new),
        DOCKER => docker::unavailable(),
        tool => tool.find().err(),
    }
}

fn hold(blocks: &[Commands], from_nothing: bool) -> Result<(), String> {
    // Those that measure a moment have it to themselves.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    component(P2);
    guest();
    if blocks.iter().any(|block| block.tools.contains(&DOCKER) || block.tools.contains(&SLOW_DOCKER)) {
        // The name that the documents build it under.
        docker::output(["tag", docker::image(), "catamaran"])?;
    }
    let (service, admin) = (free_address()?, free_address()?);
    let here = |text: &str| text.replace("127.0.0.1:8000", &service).replace("127.0.0.1:9000", &admin);
    let scripts: Vec<String> =
        blocks.iter().map(|block| format!("printf '{MARK}'\n{}\n", here(&block.script))).collect();
    // What still runs at the end ends then.
    let script = format!("exec 2>&1\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{}", scripts.concat());

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new("timeout");
    command.args([LIMIT, "bash", "-euo", "pipefail", "-c", &script]);
    command.current_dir(if from_nothing { folder.path() } else { workspace() });
    let options = env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("CATAMARAN_"));
    let kept = ["CATAMARAN_CACHE", "CATAMARAN_ADVISORY_DB"];
    for name in options.filter(|name| !kept.iter().any(|kept| *kept == name)).chain(variables_of_this_test()) {
        command.env_remove(name);
    }
    let port = service.rsplit(':').next().unwrap_or_default();
    command.env("CATAMARAN_LISTEN", &service).env("CATAMARAN_PORT", port).env("PATH", path(blocks)?);

    let finished = run(&mut command);
    let printed: Vec<&str> = finished.stdout.split(MARK).skip(1).collect();
    for (block, printed) in blocks.iter().zip(&printed) {
        if let Some(missing) = block.missing(printed, here) {
            return Err(format!("line {}: this is not printed: {missing}\nbut this:\n{printed}", block.line));
        }
    }
    if finished.status.success() {
        return Ok(());
    }
    let line = blocks[printed.len().saturating_sub(1)].line;
    Err(format!("line {line}: {}\n{}", finished.status, printed.last().unwrap_or(&"")))
}

/// The host and the tools of the blocks first.
fn path(blocks: &[Commands]) -> Result<std::ffi::OsString, String> {
    let tools = blocks.iter().flat_map(|block| &block.tools).filter_map(|tool| tool.find().ok());
    let programs = [host().to_owned()].into_iter().chain(tools);
    let folders = programs.filter_map(|program| Some(program.parent()?.to_owned()));
    let rest = env::var_os("PATH").unwrap_or_default();
    env::join_paths(folders.chain(env::split_paths(&rest))).map_err(|error| error.to_string())
}

fn indexed() -> Result<(), String> {
    let index = fs::read_to_string(workspace().join("docs/lab/README.md")).map_err(|error| error.to_string())?;
    let names: Vec<String> = steps().iter().filter_map(|step| Some(step.file_name()?.to_str()?.to_owned())).collect();
    let mut rest = index.as_str();
    for name in &names {
        rest = rest.split_once(&format!("({name})")).ok_or(format!("{name} is not in the index after {names:?}"))?.1;
    }
    if names.len() == 10 { Ok(()) } else { Err(format!("ten steps are promised: {names:?}")) }
}

/// `docs/demo/record` draws them as they stand, all but those that need Docker.
fn recorded() -> Result<(), String> {
    let picture = fs::read_to_string(workspace().join("docs/demo/session.svg")).map_err(|error| error.to_string())?;
    let picture = picture.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let blocks = Walk::read(&workspace().join("docs/demo.md")).commands;
    let blocks = blocks.iter().filter(|block| !block.tools.contains(&DOCKER));
    let missing = blocks.flat_map(|block| block.script.lines()).find(|line| !picture.contains(&format!(">$ {line}<")));
    missing.map_or(Ok(()), |line| Err(format!("record it again: it lacks {line}")))
}
