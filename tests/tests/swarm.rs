//! A rolling update and the rollback of a bad version on a real Swarm of one machine, under continuous load: no request
//! fails.
//!
//! It makes the engine a Swarm and ends that again, so it runs only where `CATAMARAN_REQUIRE` has `docker-slow`. The
//! client is in the Swarm and asks the name of the service (`endpoint_mode: dnsrr`): the port that `deploy/swarm.yaml`
//! publishes needs IPVS in the kernel, which virtual machines for tests often lack.

use std::{fs, path::Path, process::ExitCode};

use catamaran_tests::{
    artifacts::workspace,
    docker::{build, docker, image, output, succeed},
    guests::component_that_fails,
    process::{Process, run},
    server::catamaran,
    suite::Suite,
    tool::SLOW_DOCKER,
};

const STACK: &str = "catamaran-test";
const SERVICE: &str = "catamaran-test_catamaran";
const CLIENT: &str = "catamaran-test_client";
const NAME: &str = "a rolling update and a rollback lose no request";

/// One connection for each request, as fast as they are answered; a line for each that failed, and each hundredth one.
const LOAD: &str = r#"
count=0
while true; do
    line=
    if { exec 3<>/dev/tcp/catamaran/8000; } 2>/dev/null; then
        printf 'GET / HTTP/1.1\r\nhost: catamaran\r\nconnection: close\r\n\r\n' >&3
        read -r line <&3
        exec 3>&-
    fi
    case $line in
        *' 200 '*) count=$((count + 1)) ;;
        *) [ "$count" = 0 ] || echo "failed after $count: $line" ;;
    esac
    [ "$((count % 100))" != 1 ] || echo "answered $count"
done
"#;

fn main() -> ExitCode {
    let mut suite = Suite::default();
    match SLOW_DOCKER.is_listed() {
        true => suite.test(NAME, update_and_rollback),
        false => suite.leave_out(NAME, SLOW_DOCKER),
    }
    suite.run()
}

/// A Swarm of this engine alone, ended when it is dropped; one that was there before is left as it is.
struct Swarm {
    ours: bool,
}

impl Swarm {
    fn start() -> Result<Self, String> {
        let ours = output(["info", "--format", "{{.Swarm.LocalNodeState}}"])? == "inactive";
        if ours {
            output(["swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377"])?;
        }
        Ok(Self { ours })
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        run(&mut docker(["stack", "rm", "--detach=false", STACK]));
        if self.ours {
            run(&mut docker(["swarm", "leave", "--force"]));
        }
    }
}

fn update_and_rollback() -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = versions(folder.path())?;
    let file = folder.path().join("swarm.yaml");
    fs::write(&file, stack()).expect("the file is written");
    fs::write(folder.path().join("load.sh"), LOAD).expect("the file is written");

    let _swarm = Swarm::start()?;
    let deploy = |version: &str| {
        let arguments = ["stack", "deploy", "--resolve-image", "never", "--detach=false", "--compose-file"];
        let file = file.to_str().expect("a path in UTF-8");
        run(docker(arguments.into_iter().chain([file, STACK])).env("CATAMARAN_IMAGE", version))
    };
    let serves = |version: &str| {
        let found = output(["service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", SERVICE])?;
        if found == version { Ok(()) } else { Err(format!("{found} is served and not {version}")) }
    };

    let first = deploy(versions[0]);
    if !first.status.success() {
        return Err(first.to_string());
    }
    let client = Process::spawn(&mut docker(["service", "logs", "--follow", "--raw", CLIENT]))?;
    let answered = |line: &str| line.strip_prefix("answered ")?.parse::<usize>().ok();
    client.wait_for_line(|_, line| answered(line))?;

    deploy(versions[1]);
    serves(versions[1])?;
    deploy(versions[2]);
    serves(versions[1])?;
    let state = output(["service", "inspect", "--format", "{{.UpdateStatus.State}}", SERVICE])?;
    if state != "rollback_completed" {
        return Err(format!("the bad version was not taken back: {state}"));
    }

    // Before the client ends: the engine forgets the lines of a task that is gone.
    let finished = succeed(&mut docker(["service", "logs", "--raw", CLIENT]))?;
    let failed: Vec<&str> = finished.lines().filter(|line| answered(line).is_none()).collect();
    let count = finished.lines().filter_map(answered).max().unwrap_or(0);
    println!("{count} requests answered, {} failed", failed.len());
    if failed.is_empty() && count > 0 { Ok(()) } else { Err(failed.join("\n")) }
}

/// The image, another one that is as good, and one whose component fails.
fn versions(folder: &Path) -> Result<[&'static str; 3], String> {
    const NAMES: [&str; 3] = ["catamaran-test:first", "catamaran-test:second", "catamaran-test:bad"];
    let wasm = folder.join("fails.wasm");
    fs::write(&wasm, component_that_fails()).expect("the file is written");
    succeed(catamaran(["compile", "fails.wasm"]).current_dir(folder))?;
    output(["tag", image(), NAMES[0]])?;
    let more = ["LABEL version=second", "COPY fails.cwasm .\nCMD [\"serve\", \"fails.cwasm\"]"];
    for (name, more) in NAMES[1..].iter().zip(more) {
        fs::write(folder.join("Dockerfile"), format!("FROM {}\n{more}\n", NAMES[0])).expect("the file is written");
        output(["tag", &build(folder)?, name])?;
    }
    Ok(NAMES)
}

/// The repository's stack, reached by name and with a client.
fn stack() -> String {
    let text = fs::read_to_string(workspace().join("deploy/swarm.yaml")).expect("a file");
    let ports = "    ports:\n      - target: 8000\n        published: ${CATAMARAN_PORT:-8000}\n";
    let deploy = "    deploy:\n";
    assert!(text.contains(ports) && text.contains(deploy), "deploy/swarm.yaml has another form");
    let text = text.replace(ports, "").replace(deploy, &format!("{deploy}      endpoint_mode: dnsrr\n"));
    format!(
        "{text}\n  client:\n    image: debian:trixie-slim\n    init: true\n    command: [bash, /load.sh]\n    configs:\n      \
         - source: load\n        target: /load.sh\n\nconfigs:\n  load:\n    file: load.sh\n"
    )
}
