//! `catamaran inspect` says what a component is, and says so of what its build made.

use catamaran_tests::{
    artifacts::{
        Generation::{P2, P3},
        application, application_component, component,
    },
    process::run,
    server::catamaran,
};
use serde_json::Value;

fn inspect(file: &str) -> Vec<Value> {
    let finished = run(catamaran(["inspect", "--json", file]).env("SPIN_VARIABLE_TOKEN", "t0p-s3cret"));
    assert!(finished.status.success(), "{finished}");
    assert!(!finished.stdout.contains("t0p-s3cret"), "{finished}");
    serde_json::from_str(&finished.stdout).expect("a list")
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The hosts that can run it.
fn hosts(report: &Value) -> Vec<&str> {
    let hosts = report["hosts"].as_array().expect("a list").iter();
    hosts.filter(|host| host["runs"] == true).filter_map(|host| host["host"].as_str()).collect()
}

#[test]
fn each_build_of_the_component_runs_where_the_readme_says() {
    let all = ["catamaran", "wasmtime serve 48", "Spin up to 4.0", "Spin from 4.1"];
    let report = &inspect(path(component(P2)))[0];
    assert_eq!((hosts(report), report["wasi"].as_str()), (all.to_vec(), Some("0.2")));
    assert_eq!(report["bytes"], std::fs::metadata(component(P2)).expect("the file").len());
    let report = &inspect(path(component(P3)))[0];
    assert_eq!((hosts(report), report["wasi"].as_str()), (vec![all[0], all[1], all[3]], Some("0.3")));
}

#[test]
fn a_reason_names_the_import_that_is_missing() {
    let report = &inspect(path(application_component()))[0];
    assert_eq!(hosts(report), ["catamaran", "Spin up to 4.0", "Spin from 4.1"]);
    let reason = report["hosts"][1]["because"].as_str().expect("a reason");
    assert!(reason.contains("fermyon:spin/variables@2.0.0") || reason.contains("wasi:"), "{reason}");
}

#[test]
fn a_manifest_is_inspected_component_by_component() {
    application_component();
    let reports = inspect(path(application()));
    let ids: Vec<_> = reports.iter().filter_map(|report| report["id"].as_str()).collect();
    assert_eq!(ids, ["front", "prices"]);
    assert_eq!(reports[1]["routes"][0], "/prices/:item");
    assert_eq!(reports[0]["allowed_outbound_hosts"][0], "http://self");
}

#[test]
fn text_says_the_same() {
    let finished = run(&mut catamaran(["inspect", path(component(P3))]));
    for part in [
        "wasi:http/handler@0.3.0",
        "Spin up to 4.0: no",
        "catamaran: yes",
        "not listed in it (`cargo auditable`",
        "made at each start (`catamaran compile`",
    ] {
        assert!(finished.stdout.contains(part), "{part}: {finished}");
    }
}

#[test]
fn what_is_no_component_is_refused_with_its_reason() {
    let finished = run(&mut catamaran(["inspect", "/etc/hostname"]));
    assert_eq!(finished.status.code(), Some(1), "{finished}");
    assert!(finished.stderr.contains("not WebAssembly"), "{finished}");
}
