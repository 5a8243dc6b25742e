//! The image: what is in it, how a container of it behaves under restrictions, and how it ends.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use catamaran_tests::{
    artifacts::{Generation::P2, component, guest, workspace},
    contract::{Target, cases::CASES},
    docker::{Container, HARDENED, IMAGE, build, build_repository, docker, image, output, succeed, unavailable},
    guests::component_that_fails,
    http::{Protocol, get},
    process::run,
    server::catamaran,
    suite::Suite,
    tool::{DOCKER, SLOW_DOCKER},
};
use serde_json::Value;
use tempfile::TempDir;

type Test = (&'static str, fn() -> Result<(), String>);

const TESTS: &[Test] = &[
    ("the image holds the host, tini, the application and the papers, and nothing else", only_what_is_needed),
    ("the image has 12 MB at most", small),
    ("the image says what it is and how it is to be run", described),
    ("the service says of which version and commit it is, as the image's labels do", of_one_commit),
    ("both bills of materials name what they must", bills_of_materials),
    ("a secret in the build's folder is neither in the image nor in its history", no_secret),
    ("the build's context has no secret, no history and no target folder", no_secret_in_the_context),
    ("process 1 is tini, and neither it nor the host may anything", unprivileged),
    ("a container without a writable path keeps the contract", read_only),
    ("a container writes nothing", writes_nothing),
    ("threads and requests follow the limits of the container", follows_its_limits),
    ("a burst of requests stays within 64 MB", burst),
    ("a container becomes healthy", healthy),
    ("a container whose component fails becomes unhealthy", unhealthy),
    ("SIGTERM ends a container with exit code 0", || ends_well_by("TERM")),
    ("SIGINT ends a container with exit code 0", || ends_well_by("INT")),
    ("docker stop needs no SIGKILL", docker_stop),
    ("a component of one's own runs when its machine code is mounted", own_component_mounted),
    ("a component of one's own runs in an image of two lines", own_component_in_an_image),
    ("a component that is not compiled is refused with one line", own_component_not_compiled),
    ("docker compose up --wait serves", compose),
];

/// What takes long: two builds of everything.
const SLOW_TESTS: &[Test] = &[("two builds that share nothing give the same image", reproducible)];

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

/// All files of the image, in a folder.
fn unpacked() -> Result<TempDir, String> {
    image();
    let (context, folder) = (folder(), folder());
    fs::write(context.path().join("Dockerfile"), format!("FROM {IMAGE}\n")).expect("the file is written");
    let to = format!("type=local,dest={}", text(folder.path()));
    output(["build", "--quiet", "--output", &to, text(context.path())])?;
    Ok(folder)
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

fn only_what_is_needed() -> Result<(), String> {
    let expected = [
        "app/spin.toml",
        "app/target/wasm32-unknown-unknown/component/catamaran_component.cwasm",
        "app/target/wasm32-unknown-unknown/component/catamaran_component.wasm",
        "bin/catamaran",
        "bin/tini",
        "usr/share/catamaran/component.cdx.json",
        "usr/share/catamaran/host.cdx.json",
        "usr/share/catamaran/licenses/LICENSE",
        "usr/share/catamaran/licenses/LICENSE-APACHE",
        "usr/share/catamaran/licenses/LICENSE-MIT",
        "usr/share/catamaran/licenses/musl",
        "usr/share/catamaran/licenses/third-party.gz",
        "usr/share/catamaran/licenses/tini",
    ];
    let found = files(unpacked()?.path());
    check(found == BTreeSet::from(expected.map(str::to_owned)), || format!("{found:#?}"))
}

fn small() -> Result<(), String> {
    let bytes: u64 = output(["inspect", "--format", "{{.Size}}", image()])?.parse().expect("a number");
    check(bytes <= 12_000_000, || format!("it has {bytes} bytes"))
}

fn described() -> Result<(), String> {
    let inspect = |template| output(["inspect", "--format", template, image()]);
    let expected = [
        ("{{.Config.User}}", "65532:65532"),
        ("{{json .Config.Entrypoint}}", r#"["/bin/tini","--","/bin/catamaran"]"#),
        ("{{json .Config.Cmd}}", r#"["up"]"#),
        ("{{json .Config.ExposedPorts}}", r#"{"8000/tcp":{},"9000/tcp":{}}"#),
        ("{{.Config.StopSignal}}", "SIGTERM"),
        ("{{json .Config.Healthcheck.Test}}", r#"["CMD","/bin/catamaran","healthcheck"]"#),
    ];
    for (template, expected) in expected {
        let found = inspect(template)?;
        check(found == expected, || format!("{template} is {found}"))?;
    }
    let labels = labels()?;
    for name in ["created", "description", "licenses", "revision", "source", "title", "version"] {
        check(labels[format!("org.opencontainers.image.{name}")].is_string(), || format!("no {name}: {labels}"))?;
    }
    Ok(())
}

fn labels() -> Result<Value, String> {
    let labels = output(["inspect", "--format", "{{json .Config.Labels}}", image()])?;
    Ok(serde_json::from_str(&labels).expect("JSON"))
}

fn of_one_commit() -> Result<(), String> {
    let labels = labels()?;
    let container = Container::serve(image(), &[], &[])?;
    let answer: Value = serde_json::from_slice(get(container.address()?, "/").body()).expect("JSON");
    for name in ["version", "revision"] {
        let (label, said) = (&labels[format!("org.opencontainers.image.{name}")], &answer[name]);
        check(said == label && said != "unknown", || format!("{name}: {said} in the answer, {label} in the label"))?;
    }
    Ok(())
}

fn bills_of_materials() -> Result<(), String> {
    let folder = unpacked()?;
    for (file, package) in [("host.cdx.json", "wasmtime"), ("component.cdx.json", "wit-bindgen")] {
        let file = fs::read(folder.path().join("usr/share/catamaran").join(file)).expect("a file");
        let bill: Value = serde_json::from_slice(&file).expect("JSON");
        let components = bill["components"].as_array().ok_or("no components")?;
        check(bill["bomFormat"] == "CycloneDX", || bill["bomFormat"].to_string())?;
        let names: Vec<_> = components.iter().filter_map(|component| component["name"].as_str()).collect();
        check(names.contains(&package), || format!("no {package} in {names:?}"))?;
        check(!names.contains(&"cranelift-codegen"), || "a compiler".to_owned())?;
    }
    Ok(())
}

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

fn no_secret() -> Result<(), String> {
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

fn no_secret_in_the_context() -> Result<(), String> {
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

fn unprivileged() -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    let tini = container.inspect("{{.State.Pid}}")?;
    let children = fs::read_to_string(format!("/proc/{tini}/task/{tini}/children")).map_err(|e| e.to_string())?;
    let host = children.split_whitespace().next().ok_or("tini has no child")?;
    for (pid, name) in [(tini.as_str(), "tini"), (host, "catamaran")] {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
        let value = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let nothing = "0000000000000000";
        let expected = [
            ("Name", name),
            ("Uid", "65532 65532 65532 65532"),
            ("Gid", "65532 65532 65532 65532"),
            ("CapPrm", nothing),
            ("CapEff", nothing),
            ("CapBnd", nothing),
            ("NoNewPrivs", "1"),
            ("Seccomp", "2"),
        ];
        for (key, expected) in expected {
            check(value(key) == expected, || format!("{name}: {key} is {}", value(key)))?;
        }
    }
    Ok(())
}

fn read_only() -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    let target = Target { address: container.address()?, protocol: Protocol::Http1, generation: P2 };
    CASES.iter().try_for_each(|case| target.hold(case))
}

fn writes_nothing() -> Result<(), String> {
    let container = Container::serve(image(), &[], &[])?;
    get(container.address()?, "/");
    let difference = output(["diff", &container.name])?;
    check(difference.is_empty(), || difference)
}

fn follows_its_limits() -> Result<(), String> {
    let requests = |limits: &[&str]| {
        let container = Container::serve(image(), &[limits, &["--env", "RUST_LOG=debug"]].concat(), &[])?;
        let number = |line: &str, key: &str| -> Option<usize> {
            line.split_once(key)?.1.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let plain = |line: &str| {
            (line.contains("at most")).then(|| (number(line, "threads=")?, number(line, "requests=")?).into())
        };
        container.logs()?.wait_for_line(|_, line| plain(line)?)
    };
    let limited: (usize, usize) = requests(&HARDENED)?;
    // One core and the thread that is always free; a quarter of 64 MiB at 1 MiB each.
    check(limited == (2, 16), || format!("64 MB and half a core: {limited:?}"))?;
    let wide: (usize, usize) = requests(&["--memory", "128m", "--cpus", "1"])?;
    check(wide == (2, 32), || format!("128 MB and a core: {wide:?}"))
}

fn burst() -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    let address = container.address()?;
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| (0..20).for_each(|_| assert!([200, 503].contains(&get(address, "/").status().as_u16()))));
        }
    });
    let state = container.inspect("{{.State.OOMKilled}} {{.State.Running}}")?;
    check(state == "false true", || state)
}

fn healthy() -> Result<(), String> {
    Container::serve(image(), &HARDENED, &[])?.wait_for_health("healthy")
}

fn unhealthy() -> Result<(), String> {
    let folder = folder();
    let wasm = folder.path().join("fails.wasm");
    fs::write(&wasm, component_that_fails()).expect("the file is written");
    let quickly = ["--health-start-period", "1ms", "--health-interval", "100ms", "--health-retries", "2"];
    let container = own(&wasm, &quickly)?;
    check(get(container.address()?, "/healthz").status() == 500, || "it does not fail".to_owned())?;
    container.wait_for_health("unhealthy")
}

fn ends_well_by(signal: &str) -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    get(container.address()?, "/");
    let (code, finished) = container.end(signal)?;
    check(code == "0", || format!("exit code {code}: {finished}"))
}

fn docker_stop() -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    output(["stop", "--time", "30", &container.name])?;
    // 137 is the exit code of what SIGKILL ended.
    let code = container.inspect("{{.State.ExitCode}}")?;
    check(code == "0", || format!("exit code {code}"))
}

/// The machine code of a component, beside it.
fn compiled(wasm: &Path) -> Result<PathBuf, String> {
    let folder = wasm.parent().expect("a folder");
    let code = folder.join("own.cwasm");
    succeed(&mut catamaran(["compile", text(wasm), "--output", text(&code)]))?;
    Ok(code)
}

fn own(wasm: &Path, options: &[&str]) -> Result<Container, String> {
    let mount = format!("{}:/app/own.cwasm:ro", text(&compiled(wasm)?));
    let options = [&HARDENED, ["--volume", &mount].as_slice(), options].concat();
    Container::serve(image(), &options, &["serve", "own.cwasm"])
}

fn guest_in(folder: &TempDir) -> PathBuf {
    let wasm = folder.path().join("own.wasm");
    fs::copy(guest(), &wasm).expect("a copy");
    wasm
}

fn own_component_mounted() -> Result<(), String> {
    let container = own(&guest_in(&folder()), &["--env", "CATAMARAN_ENV=A=b"])?;
    let answer = get(container.address()?, "/");
    check(answer.body() == "A=b\n", || format!("{answer:?}"))
}

fn own_component_in_an_image() -> Result<(), String> {
    let folder = folder();
    compiled(&guest_in(&folder))?;
    image();
    let lines = format!("FROM {IMAGE}\nCOPY own.cwasm .\nCMD [\"serve\", \"own.cwasm\"]\n");
    fs::write(folder.path().join("Dockerfile"), lines).expect("the file is written");
    let container = Container::serve(&build(folder.path())?, &HARDENED, &[])?;
    let answer = get(container.address()?, "/");
    check(answer.status() == 200, || format!("{answer:?}"))
}

fn own_component_not_compiled() -> Result<(), String> {
    let mount = format!("{}:/app/own.wasm:ro", text(component(P2)));
    let container = Container::start(image(), &["--volume", &mount], &["serve", "own.wasm"])?;
    let code = output(["wait", &container.name])?;
    let finished = container.logs()?.wait()?;
    check(code == "1" && finished.stderr.lines().count() == 1, || format!("exit code {code}: {finished}"))?;
    let parts = ["own.wasm", "no compiler", "catamaran compile", "own.cwasm"];
    check(parts.iter().all(|part| finished.stderr.contains(part)), || finished.to_string())
}

fn compose() -> Result<(), String> {
    let project = format!("catamaran-test-{}", std::process::id());
    let command = |arguments: &[&str]| {
        let mut command = docker(["compose", "--project-name", &project].iter().chain(arguments).copied());
        command.env("CATAMARAN_IMAGE", IMAGE).env("CATAMARAN_PORT", "0");
        command
    };
    image();
    let up = succeed(&mut command(&["up", "--wait", "--no-build"]));
    let answer = up.and_then(|_| {
        let address = succeed(&mut command(&["port", "catamaran", "8000"]))?;
        Ok(get(address.parse().map_err(|_| address)?, "/"))
    });
    run(&mut command(&["down", "--volumes", "--timeout", "30"]));
    let answer = answer?;
    check(answer.status() == 200, || format!("{answer:?}"))
}

fn reproducible() -> Result<(), String> {
    let built = |cache: &str| {
        let arguments =
            ["build", "--quiet", "--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000", "--build-arg"];
        let cache = format!("CACHE=catamaran-test-{cache}-{}", std::process::id());
        output(arguments.into_iter().chain([cache.as_str(), "."]))
    };
    let (first, second) = (built("first")?, built("second")?);
    check(first == second, || format!("{first} and {second}"))
}
