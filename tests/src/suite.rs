//! A test harness for what a machine may lack: a skip is shown as ignored, and named again after the summary.
//!
//! The standard harness knows no skip at run time: a test that returns early counts as passed.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use crate::tool::Tool;

/// The trials of one test file.
#[derive(Default)]
pub struct Suite {
    trials: Vec<Trial>,
    skips: Vec<String>,
}

impl Suite {
    /// Adds a trial. It fails by a panic or by an error.
    pub fn test(&mut self, name: impl Into<String>, trial: impl FnOnce() -> Result<(), String> + Send + 'static) {
        self.trials.push(Trial::test(name, || trial().map_err(Into::into)));
    }

    /// Says that all trials called `name` are left out because `tool` cannot be used, for this `reason`. That is a
    /// failure where the tool is required.
    pub fn skip(&mut self, name: &str, tool: Tool, reason: &str) {
        let message = format!("{name}: {reason}");
        self.trials.push(if tool.is_required() {
            Trial::test(name, || Err(message.into()))
        } else {
            self.skips.push(message.clone());
            Trial::ignorable_test(name, || Ok(Completion::ignored_with(message)))
        });
    }

    /// Says that the trial called `name` is left out because nobody asked for it: it runs where `tool` is required.
    pub fn leave_out(&mut self, name: &str, tool: Tool) {
        let message = format!("{name}: runs with CATAMARAN_REQUIRE={}", tool.name);
        self.skips.push(message.clone());
        self.trials.push(Trial::ignorable_test(name, || Ok(Completion::ignored_with(message))));
    }

    /// Runs the trials as the command line says and prints the summary.
    pub fn run(self) -> ExitCode {
        let arguments = Arguments::from_args();
        let conclusion = libtest_mimic::run(&arguments, self.trials);
        if !arguments.list {
            self.skips.iter().for_each(|skip| println!("SKIPPED: {skip}"));
        }
        conclusion.exit_code()
    }
}
