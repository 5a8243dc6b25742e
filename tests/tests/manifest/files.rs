//! `files`: what a guest may read, and that copies of it do not stay.

use std::{fs, path::Path, process::Command};

use catamaran_tests::{http::get, process::Signal, server::Server};

use super::{HEAD, TRIGGER, manifest, refused, text, up};

#[test]
fn files_are_what_the_entries_name_and_no_link_leads_out() {
    let entry = |files: &str| format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n{files}\n");
    let fill = |folder: &Path| {
        fs::create_dir_all(folder.join("a/b")).expect("a folder");
        for (name, content) in [("a/one.txt", "1"), ("a/b/two.txt", "2"), ("a/secret", "no"), ("outside.txt", "no")] {
            fs::write(folder.join(name), content).expect("a file");
        }
    };
    for files in [
        "files = [{ source = 'a', destination = '/a' }]",
        "files = ['a/**/*.txt']",
        "files = ['a']\nexclude_files = ['a/secret']",
        "files = [{ source = 'a/one.txt', destination = '/a/one.txt' }, { source = 'a/b', destination = 'a/b' }]",
    ] {
        let (folder, path) = manifest(&entry(files));
        fill(folder.path());
        let server = Server::start(&mut up(&path)).expect(files);
        assert_eq!(
            (text(&server, "/read?/a/one.txt"), text(&server, "/read?/a/b/two.txt")),
            ("1".into(), "2".into()),
            "{files}"
        );
        for path in ["/a/../outside.txt", "/outside.txt", "/spin.toml"] {
            assert_eq!(get(server.address, &format!("/read?{path}")).status(), 502, "{files}: {path}");
        }
        let secret = get(server.address, "/read?/a/secret").status();
        assert_eq!(secret == 200, files.contains("destination = '/a' }"), "{files}");
    }

    // A folder is opened where it stands: a link in it that leads out is refused when it is followed.
    let (folder, path) = manifest(&entry("files = [{ source = 'a', destination = '/a' }]"));
    fill(folder.path());
    std::os::unix::fs::symlink("../outside.txt", folder.path().join("a/link")).expect("a link");
    std::os::unix::fs::symlink("/etc", folder.path().join("a/etc")).expect("a link");
    let server = Server::start(&mut up(&path)).expect("a server");
    for path in ["/a/link", "/a/etc/passwd"] {
        assert_eq!(get(server.address, &format!("/read?{path}")).status(), 502, "{path}");
    }
    // Whoever opened a pipe would wait for its writer.
    let (folder, path) = manifest(&entry("files = [{ source = 'a', destination = '/a' }]"));
    fill(folder.path());
    let pipe = folder.path().join("a/b/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let message = refused(&mut up(&path));
    assert!(message.contains("a/b/pipe") && message.contains("remove it"), "{message}");
    // A copy would follow it: so it is not made.
    let (folder, path) = manifest(&entry("files = ['a/*']"));
    fill(folder.path());
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("a/link")).expect("a link");
    assert!(refused(&mut up(&path)).contains("leads out"));
}

#[test]
fn copies_of_files_are_gone_when_the_server_has_ended_or_loaded_others() {
    let (folder, path) = manifest(&format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\nfiles = ['a/*']\n"));
    let copies = folder.path().join("copies");
    fs::create_dir_all(folder.path().join("a")).expect("a folder");
    fs::create_dir_all(&copies).expect("a folder");
    fs::write(folder.path().join("a/one.txt"), "1").expect("a file");
    let found = || fs::read_dir(&copies).expect("a folder").count();
    let server = Server::start(up(&path).env("TMPDIR", &copies)).expect("a server");
    assert_eq!(text(&server, "/read?/a/one.txt"), "1");
    assert_eq!(found(), 1);
    server.process.signal(Signal::HUP);
    let reloaded = |_, line: &str| line.ends_with(": reloaded").then_some(());
    server.process.wait_for_line(reloaded).expect("a reload");
    assert_eq!(found(), 1);
    let finished = server.stop(Signal::TERM).expect("an end");
    assert!(finished.status.success(), "{finished}");
    assert_eq!(found(), 0);
}
