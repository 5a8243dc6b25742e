//! Which component answers which path, and the routes that are warned of.

use catamaran_tests::{
    http::{Protocol, get, send_and_wait},
    process::Signal,
    server::Server,
};

use super::{HEAD, TRIGGER, manifest, text, up, warned};

#[test]
fn a_component_that_no_trigger_names_is_not_loaded_and_named_in_the_log() {
    let text =
        format!("{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n[component.spare]\nsource = 'nowhere.wasm'\n");
    let (_folder, path) = manifest(&text);
    let server = warned(&mut up(&path), &path, 8, &["`spare`", "neither built nor loaded"]);
    assert_eq!(get(server.address, "/headers").status(), 200);
}

#[test]
fn a_route_that_is_written_as_elsewhere_works_as_in_spin_and_is_warned_of() {
    for (route, path, parts) in [
        ("api", "/api", ["`api`", "`/api`"]),
        ("/g/*", "/g/a/b", ["`/g/*`", "`/g/...`"]),
        ("/u/{id}", "/u/{id}", ["`/u/{id}`", "`:id`"]),
    ] {
        let trigger = TRIGGER.replace("/...", route);
        let component = "[component.test]\nsource = 'SOURCE'\nvariables = { id = 'found' }\n";
        // Beside it one that is written well, and not warned of.
        let right = "[[trigger.http]]\nroute = '/right/:id/...'\ncomponent = 'test'\n";
        let (_folder, file) = manifest(&format!("{HEAD}{right}{trigger}{component}"));
        let server = warned(&mut up(&file), &file, 7, &parts);
        assert_ne!(get(server.address, path).status(), 404, "{route}");
        assert_eq!(get(server.address, "/u/1").status(), 404, "{route}");
        let log = server.stop(Signal::TERM).expect("an end");
        assert_eq!(log.stderr.matches("WARN").count(), 1, "{log}");
    }
}

#[test]
fn a_route_that_no_path_can_match_is_warned_of() {
    for (route, shown) in [("/a?b", "`?`"), ("/a#b", "`#`"), ("/a b", "` `"), ("/\u{e9}t\u{e9}", "`\\u{e9}`")] {
        let text = format!("{HEAD}{TRIGGER}[[trigger.http]]\nroute = '{route}'\ncomponent = 'test'\n");
        let (_folder, path) = manifest(&format!("{text}[component.test]\nsource = 'SOURCE'\n"));
        warned(&mut up(&path), &path, 7, &["matches no request", shown]);
    }
}

#[test]
fn a_static_response_is_answered_without_a_component() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}{TRIGGER}[component.test]\nsource = 'SOURCE'\n[[trigger.http]]\nroute = '/old/:name'\n\
         static_response = {{ status_code = 302, headers = {{ Location = '/new', X-By = 'manifest' }} }}\n\
         [[trigger.http]]\nroute = '/fixed'\nstatic_response = {{ body = 'as it stands' }}\n"
    ));
    let server = Server::start(&mut up(&path)).expect("a server");
    let moved = get(server.address, "/old/page");
    assert_eq!((moved.status().as_u16(), moved.headers()["location"].as_bytes()), (302, &b"/new"[..]), "{moved:?}");
    assert!(moved.headers()["x-by"] == "manifest" && moved.body().is_empty(), "{moved:?}");
    assert_eq!(text(&server, "/fixed"), "as it stands");
    let head = http::Request::head("/fixed").body(Default::default()).expect("a request");
    let head = send_and_wait(server.address, Protocol::Http1, head).expect("an answer");
    assert!(head.status() == 200 && head.headers()["content-length"] == "12" && head.body().is_empty(), "{head:?}");
    // The component goes on answering beside them.
    assert_eq!(get(server.address, "/headers").status(), 200);
}

#[test]
fn a_manifest_of_static_responses_alone_needs_no_component() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}[[trigger.http]]\nroute = '/...'\nstatic_response = {{ status_code = 503, body = 'closed' }}\n"
    ));
    let server = Server::start(&mut up(&path)).expect("a server");
    let answer = get(server.address, "/any/path");
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (503, &b"closed"[..]));
}

#[test]
fn a_component_may_be_written_in_its_trigger() {
    let (_folder, path) = manifest(&format!(
        "{HEAD}[[trigger.http]]\nroute = '/...'\ncomponent = {{ source = 'SOURCE', variables = {{ a = 'inline' }} }}\n"
    ));
    assert_eq!(text(&Server::start(&mut up(&path)).expect("a server"), "/variable?a"), "inline");
}

#[test]
fn the_most_specific_route_answers_whatever_the_order() {
    let component = |id: &str| format!("[component.{id}]\nsource = 'SOURCE'\nvariables = {{ id = '{id}' }}\n");
    let trigger = |route: &str, id: &str| format!("[[trigger.http]]\nroute = '{route}'\ncomponent = '{id}'\n");
    let (_folder, path) = manifest(&format!(
        "{HEAD}{}{}{}{}{}{}{}{}",
        trigger("/...", "all"),
        trigger("/variable/...", "below"),
        trigger("/variable/:name", "named"),
        trigger("/variable/exact", "exact"),
        component("all"),
        component("below"),
        component("named"),
        component("exact"),
    ));
    let server = Server::start(&mut up(&path)).expect("a server");
    for (path, id) in [
        ("/variable/exact?id", "exact"),
        ("/variable/exact/?id", "exact"),
        ("/variable/other?id", "named"),
        ("/variable/other/more?id", "below"),
        ("/variable?id", "below"),
    ] {
        assert_eq!(text(&server, path), id, "{path}");
    }
    assert!(text(&server, "/headers/a").contains("spin-matched-route: /...\n"));
}
