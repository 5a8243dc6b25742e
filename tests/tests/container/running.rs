//! How a container of the image runs, under restrictions, and how it ends.

use std::fs;

use catamaran_tests::{
    artifacts::Generation::P2,
    contract::{Target, cases::CASES},
    docker::{Container, HARDENED, IMAGE, docker, image, output, succeed},
    http::{Protocol, get},
    process::run,
};

use super::check;

pub(super) fn unprivileged() -> Result<(), String> {
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

pub(super) fn read_only() -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    let target = Target { address: container.address()?, protocol: Protocol::Http1, generation: P2 };
    CASES.iter().try_for_each(|case| target.hold(case))
}

pub(super) fn writes_nothing() -> Result<(), String> {
    let container = Container::serve(image(), &[], &[])?;
    get(container.address()?, "/");
    let difference = output(["diff", &container.name])?;
    check(difference.is_empty(), || difference)
}

pub(super) fn follows_its_limits() -> Result<(), String> {
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

pub(super) fn burst() -> Result<(), String> {
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

pub(super) fn healthy() -> Result<(), String> {
    Container::serve(image(), &HARDENED, &[])?.wait_for_health("healthy")
}

pub(super) fn ends_well_by(signal: &str) -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    get(container.address()?, "/");
    let (code, finished) = container.end(signal)?;
    check(code == "0", || format!("exit code {code}: {finished}"))
}

pub(super) fn docker_stop() -> Result<(), String> {
    let container = Container::serve(image(), &HARDENED, &[])?;
    output(["stop", "--time", "30", &container.name])?;
    // 137 is the exit code of what SIGKILL ended.
    let code = container.inspect("{{.State.ExitCode}}")?;
    check(code == "0", || format!("exit code {code}"))
}

pub(super) fn compose() -> Result<(), String> {
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
