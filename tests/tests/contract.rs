//! The contract, held against every host that the machine has.

use std::{
    process::ExitCode,
    sync::{Arc, LazyLock},
};

use catamaran_tests::{
    contract::{Target, cases::CASES},
    hosts::{HOSTS, Host},
    http::{Protocol, raw},
    suite::Suite,
};

fn main() -> ExitCode {
    let mut suite = Suite::default();
    for host in HOSTS {
        let name = format!("{} ({})", host.name, host.generation.version());
        match (host.tool, host.unavailable()) {
            (Some(tool), Some(reason)) => suite.skip(&name, tool, &reason),
            _ => add(&mut suite, &name, *host),
        }
    }
    suite.run()
}

/// The host is started by its first trial and ends with its last one. When it does not start, one trial says why.
fn add(suite: &mut Suite, name: &str, host: Host) {
    let launch = move || host.launch().unwrap_or_else(|error| panic!("{error}"));
    let launched = Arc::new(LazyLock::new(launch));
    for &protocol in host.protocols {
        for case in CASES {
            let launched = Arc::clone(&launched);
            suite.test(format!("{name} {protocol:?}: {}", case.name), move || {
                let address = launched.server.address;
                Target { address, protocol, generation: host.generation }.hold(case)
            });
        }
    }
    suite.test(format!("{name} {:?}: no byte follows the headers of HEAD", Protocol::Http1), move || {
        let answer = raw(launched.server.address, b"HEAD / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")?;
        let answer = String::from_utf8_lossy(&answer);
        let whole = answer.starts_with("HTTP/1.1 200 ") && answer.find("\r\n\r\n") == Some(answer.len() - 4);
        if whole { Ok(()) } else { Err(format!("the answer is {answer:?}")) }
    });
}
