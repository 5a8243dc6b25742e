//! Exchanging the component while it is served.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use catamaran_tests::{
    artifacts::{
        Generation::{self, P2, P3},
        component,
    },
    connection::Connection,
    process::{Signal, Stream},
    server::{Server, catamaran},
};
use tempfile::TempDir;

/// A server of a file that is there to be replaced.
struct Served {
    folder: TempDir,
    server: Server,
}

impl Served {
    fn by(command: impl FnOnce(&Path) -> std::process::Command) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        replace(folder.path(), P2);
        let server = Server::start(&mut command(folder.path())).expect("a server");
        Self { folder, server }
    }

    fn serve() -> Self {
        Self::by(|folder| catamaran(["serve", text(&file(folder)), "--listen", "127.0.0.1:0"]))
    }

    /// Waits until `words` have been logged `times` times.
    fn wait_for_log(&self, words: &str, times: usize) {
        let mut seen = 0;
        let logged = |stream, line: &str| {
            seen += usize::from(stream == Stream::Stderr && line.contains(words));
            (seen == times).then_some(())
        };
        self.server.process.wait_for_line(logged).expect(words);
    }

    fn generation(&self) -> String {
        let mut connection = Connection::open(self.server.address).expect("a connection");
        generation(&connection.get("/").expect("an answer").body)
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("component.wasm")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Puts the build of another generation in the component's place, as a build does it: whole.
fn replace(folder: &Path, generation: Generation) {
    let new = folder.join("new");
    fs::copy(component(generation), &new).expect("copied");
    fs::rename(new, file(folder)).expect("renamed");
}

fn generation(body: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(body).expect(body);
    json["wasi"].as_str().expect("a generation").to_owned()
}

#[test]
fn a_thousand_requests_across_twenty_reloads_are_all_answered() {
    const RELOADS: usize = 20;
    const CLIENTS: usize = 4;
    let served = Served::serve();
    let done = AtomicBool::new(false);
    let load = || {
        let mut connection = Connection::open(served.server.address).expect("a connection");
        let (mut answered, mut generations) = (0, std::collections::BTreeSet::new());
        while !done.load(Ordering::Relaxed) || answered < 1000 / CLIENTS {
            let reply = connection.get("/").expect("an answer");
            assert_eq!(reply.status, 200, "{reply:?}");
            generations.insert(generation(&reply.body));
            answered += 1;
        }
        generations
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(load)).collect();
        for reload in 1..=RELOADS {
            replace(served.folder.path(), if reload % 2 == 1 { P3 } else { P2 });
            served.server.process.signal(Signal::HUP);
            served.wait_for_log("reloaded", reload);
        }
        done.store(true, Ordering::Relaxed);
        for client in clients {
            let generations = client.join().expect("every request was answered");
            assert_eq!(Vec::from_iter(generations), ["0.2", "0.3"]);
        }
    });
    assert_eq!(served.generation(), "0.2");
}

#[test]
fn a_component_that_fails_to_load_leaves_the_old_one_serving() {
    let served = Served::serve();
    fs::write(file(served.folder.path()), "no component").expect("written");
    served.server.process.signal(Signal::HUP);
    served.wait_for_log("not reloaded, what was loaded before is still served: ", 1);
    assert_eq!(served.generation(), "0.2");
    replace(served.folder.path(), P3);
    served.server.process.signal(Signal::HUP);
    served.wait_for_log(": reloaded", 1);
    assert_eq!(served.generation(), "0.3");
}

#[test]
fn up_watch_serves_a_new_component_without_a_signal() {
    let served = Served::by(|folder| {
        let manifest = folder.join("spin.toml");
        let words = "spin_manifest_version = 2\napplication.name = 'test'\n\
             trigger.http = [{ route = '/...', component = 'test' }]\ncomponent.test.source = 'component.wasm'\n";
        fs::write(&manifest, words).expect("the manifest is written");
        catamaran(["up", "--watch", "-f", text(&manifest), "--listen", "127.0.0.1:0"])
    });
    assert_eq!(served.generation(), "0.2");
    replace(served.folder.path(), P3);
    served.wait_for_log(": reloaded", 1);
    assert_eq!(served.generation(), "0.3");
}

#[test]
fn up_watch_says_what_is_wrong_with_a_manifest_and_goes_on_when_it_is_mended() {
    const RIGHT: &str = "spin_manifest_version = 2\napplication.name = 'test'\n\
         trigger.http = [{ route = '/...', component = 'test' }]\ncomponent.test.source = 'component.wasm'\n";
    let served = Served::by(|folder| {
        fs::write(folder.join("spin.toml"), RIGHT).expect("the manifest is written");
        catamaran(["up", "--watch", "-f", text(folder), "--listen", "127.0.0.1:0"])
    });
    let manifest = served.folder.path().join("spin.toml");
    fs::write(&manifest, RIGHT.replace("source", "sorce")).expect("written");
    served.wait_for_log("not reloaded, what was loaded before is still served: ", 1);
    assert_eq!(served.generation(), "0.2");
    replace(served.folder.path(), P3);
    fs::write(&manifest, RIGHT).expect("written");
    served.wait_for_log(": reloaded", 1);
    assert_eq!(served.generation(), "0.3");
}

#[test]
fn up_build_watch_builds_again_when_a_source_changes() {
    let served = Served::by(|folder| {
        fs::create_dir(folder.join("source")).expect("a folder");
        fs::copy(component(P2), folder.join("source/a.in")).expect("copied");
        let manifest = folder.join("spin.toml");
        let words = "spin_manifest_version = 2\napplication.name = 'test'\n\
             trigger.http = [{ route = '/...', component = 'test' }]\n[component.test]\nsource = 'component.wasm'\n\
             build.command = 'cat *.in > new && mv new ../component.wasm'\nbuild.workdir = 'source'\n\
             build.watch = ['*.in']\n";
        fs::write(&manifest, words).expect("the manifest is written");
        catamaran(["up", "--build", "--watch", "-f", text(&manifest), "--listen", "127.0.0.1:0"])
    });
    assert_eq!(served.generation(), "0.2");
    // A name that is new, and one that goes.
    let source = served.folder.path().join("source");
    fs::copy(component(P3), source.join("b.in")).expect("copied");
    fs::remove_file(source.join("a.in")).expect("removed");
    served.wait_for_log(": reloaded", 1);
    assert_eq!(served.generation(), "0.3");
    fs::write(source.join("b.in"), "no component").expect("written");
    served.wait_for_log("not reloaded, what was loaded before is still served: ", 1);
    assert_eq!(served.generation(), "0.3");
}
