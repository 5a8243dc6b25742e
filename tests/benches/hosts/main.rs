//! How fast each host serves the same component, side by side in one run:
//! `cargo bench --bench hosts` (with `-- --quick`: one short round, to see that all of it works).
//!
//! Rounds are interleaved, so that a machine that slows down does so for everyone; a figure is the median of its rounds.
//! Absolute figures say little on a shared machine: compare within one run.

#![forbid(unsafe_code)]

mod compiled;
mod contenders;
mod idle;
mod load;
mod native;
mod report;
mod usage;

use std::process::ExitCode;
use std::time::Duration;

use catamaran_tests::process::Signal;
use contenders::Contender;
use load::{Load, Sample, Serves};
use report::Report;

/// How often, and for how long, each contender is put under each load.
struct Plan {
    rounds: usize,
    duration: Duration,
}

fn main() -> ExitCode {
    if std::env::var_os(native::SWITCH).is_some() {
        return native::serve();
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let plan = if quick {
        Plan { rounds: 1, duration: Duration::from_secs(1) }
    } else {
        Plan { rounds: 7, duration: Duration::from_secs(1) }
    };
    match run(&plan) {
        Ok(report) => {
            println!("{}", report.table());
            report.write();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(plan: &Plan) -> Result<Report, String> {
    let contenders = contenders::present()?;
    let mut report = Report::default();
    for round in 1..=plan.rounds {
        for contender in &contenders {
            eprintln!("round {round} of {}: {}", plan.rounds, contender.name);
            // Once unseen: a file that nothing has used for a while takes longer, and the load before is not over with its end.
            start(contender)?;
            report.add(&contender.name, "cold start", start(contender)?);
            if contender.takes_connections() {
                report.add(&contender.name, idle::NAME, idle::measure(contender)?);
            }
            for load in load::LOADS.iter().filter(|load| contender.takes(load)) {
                report.add(&contender.name, load.name, measure(contender, load, plan.duration)?);
            }
        }
    }
    Ok(report)
}

/// From the start of the process to the end of its first answer.
fn start(contender: &Contender) -> Result<Sample, String> {
    let begin = std::time::Instant::now();
    let launched = contender.launch(Serves::Service)?;
    load::first_answer(launched.server.address)?;
    Ok(Sample { milliseconds: Some(begin.elapsed().as_secs_f64() * 1e3), ..Sample::default() })
}

/// One load on a fresh server that has been warmed up.
fn measure(contender: &Contender, load: &Load, duration: Duration) -> Result<Sample, String> {
    let launched = contender.launch(load.serves)?;
    let server = &launched.server;
    let run = |duration| load.run(server.address, duration);
    let measured = run(Duration::from_millis(500)).and_then(|_| {
        let before = usage::of(&server.process)?;
        Ok((before, run(duration)?, usage::of(&server.process)?))
    });
    let (before, mut sample, after) = match measured {
        Ok(measured) => measured,
        // The host may have said why.
        Err(error) => return Err(format!("{error}\n{}", launched.server.stop(Signal::TERM)?)),
    };
    sample.cpu_micros = Some((after.cpu - before.cpu).as_secs_f64() * 1e6 / sample.requests.max(1) as f64);
    sample.rss_mb = Some(after.rss_bytes as f64 / 1e6);
    Ok(sample)
}
