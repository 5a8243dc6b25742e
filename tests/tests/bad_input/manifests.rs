//! Manifests that are wrong, or written for another version or another host.

use catamaran_tests::server::catamaran;

use super::{file, has, refused, text};

#[test]
fn a_manifest_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = refused(catamaran(["up", "--listen", "127.0.0.1:0"]).current_dir(folder.path()));
    has(&line, &["spin.toml", "No such file", "--from"]);
}

#[test]
fn a_wrong_manifest_is_named_with_its_line_and_key() {
    const RIGHT: &str = "spin_manifest_version = 2\n\n[application]\nname = 'test'\n\n[[trigger.http]]\n\
                         route = '/...'\ncomponent = 'test'\n\n[component.test]\nsource = 'test.wasm'\n";
    for (right, wrong, line, key) in [
        ("name = 'test'", "name = ", 4, "name"),
        ("spin_manifest_version = 2", "", 1, "spin_manifest_version"),
        ("spin_manifest_version = 2", "spin_manifest_version = 1", 1, "spin_manifest_version"),
        ("spin_manifest_version = 2", "spin_manifest_version = '2'", 1, "spin_manifest_version"),
        ("source = 'test.wasm'", "description = 'none'", 10, "source"),
        ("source = 'test.wasm'", "source = 7", 11, "source"),
        ("source = 'test.wasm'", "sorce = 'test.wasm'", 11, "sorce"),
        ("route = '/...'", "", 6, "route"),
        ("route = '/...'", "route = '/:'", 7, "route"),
        ("component = 'test'", "component = 'other'", 8, "other"),
        ("component = 'test'", "component = ['test']", 8, "component"),
        ("[[trigger.http]]", "[[trigger.redis]]", 6, "redis"),
    ] {
        assert!(RIGHT.contains(right));
        let (_folder, path) = file("spin.toml", RIGHT.replacen(right, wrong, 1));
        let message = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
        has(&message, &[&format!("{}:{line}:", path.display()), key]);
    }
}

#[test]
fn what_others_write_in_a_manifest_is_answered_with_how_to_write_it() {
    const RIGHT: &str = "spin_manifest_version = 2\n\n[application]\nname = 'test'\n\n[[trigger.http]]\n\
                         route = '/...'\ncomponent = 'test'\n\n[component.test]\nsource = 'test.wasm'\n";
    const VERSION: &str = "spin_manifest_version = 2";
    const APPLICATION: &str = "[application]\nname = 'test'\n";
    const TRIGGER: &str = "[[trigger.http]]\nroute = '/...'\ncomponent = 'test'\n";
    const COMPONENT: &str = "[component.test]\n";
    const SOURCE: &str = "source = 'test.wasm'\n";
    let version_1 = ["version 1", "`spin_manifest_version = 2`, `name` below [application]"];
    for (right, wrong, line, parts) in [
        ("[[trigger.http]]", "[trigger.http]", 6, ["`trigger.http` is one table", "double brackets, [[trigger.http]]"]),
        (TRIGGER, "", 1, ["there is no [[trigger.http]]", "`route` and a `component`"]),
        (APPLICATION, "", 1, ["there is no [application]", "`name`"]),
        ("name = 'test'", "version = '1'", 3, ["[application] has no `name`", "add it"]),
        (VERSION, "", 1, ["`spin_manifest_version` is missing", "`spin_manifest_version = 2`"]),
        (VERSION, "spin_manifest_version = '2'", 1, ["`spin_manifest_version` must be the number 2", "without quotes"]),
        (VERSION, "spin_manifest_version = 3", 1, ["`spin_manifest_version` is 3", "only version 2"]),
        (VERSION, "spin_manifest_version = '1'", 1, version_1),
        (VERSION, "spin_manifest_version = 1", 1, version_1),
        (VERSION, "spin_version = '1'", 1, version_1),
        (COMPONENT, "[[component]]\nid = 'test'\n", 10, ["`component` is a list", "[component.ID]"]),
        (SOURCE, "description = 's3cr3t'\n", 10, ["[component.test] has no `source`", "add it"]),
        ("route = '/...'\n", "", 6, ["[[trigger.http]] has no `route`", "add it"]),
        (SOURCE, "source = 'a'\nenvironment = { PORT = 8086 }\n", 12, ["`component.test.environment.PORT`", "quotes"]),
        (SOURCE, "source = 'a'\nenvironment = { ON = true }\n", 12, ["`component.test.environment.ON`", "quotes"]),
        (SOURCE, "source = 'a'\n[component.test.environment]\nRATE = 80.86\n", 13, ["environment.RATE`", "quotes"]),
        (SOURCE, "source = 'a'\nvariables = { v = 8086 }\n", 12, ["`component.test.variables.v`", "quotes"]),
        (
            SOURCE,
            "source = 'a'\nallowed_outbound_hosts = 's3cr3t'\n",
            12,
            ["allowed_outbound_hosts` must be a list", "[\"…\"]"],
        ),
        (SOURCE, "source = 'a'\nfiles = 's3cr3t'\n", 12, ["`component.test.files` must be a list", "[\"…\"]"]),
        (
            SOURCE,
            "source = 'a'\nfiles = [{ sorce = 's3cr3t' }]\n",
            12,
            ["unknown key `sorce`", "did you mean `source`?"],
        ),
        (
            SOURCE,
            "source = 'a'\nenviroment = { a = 's3cr3t' }\n",
            12,
            ["unknown key `enviroment` in `component.test`", "did you mean `environment`?"],
        ),
        (SOURCE, "source = 'a'\nbuild = 's3cr3t'\n", 12, ["`component.test.build`", "expected a table"]),
        (SOURCE, "sorce = 'a'\n", 11, ["unknown key `sorce`", "did you mean `source`?"]),
        (
            APPLICATION,
            "[aplication]\nname = 's3cr3t'\n",
            3,
            ["unknown key `aplication`", "did you mean `application`?"],
        ),
        (
            APPLICATION,
            "variables = { foo = 's3cr3t' }\n[application]\nname = 'a'\n",
            3,
            ["`variables.foo` must be a table", "`foo = { default = \"…\" }`"],
        ),
        (
            APPLICATION,
            "[application]\nname = 'a'\n[variables]\nfoo = 8086\n",
            6,
            ["`variables.foo` must be a table", "required = true"],
        ),
        (APPLICATION, "[application]\nname = 'a'\n[variables]\nfoo = s3cr3t\n", 6, ["`foo`", "quoted"]),
    ] {
        assert!(RIGHT.contains(right), "{right}");
        let (_folder, path) = file("spin.toml", RIGHT.replacen(right, wrong, 1));
        let message = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
        has(&message, &[&format!("{}:{line}: ", path.display())]);
        has(&message, &parts);
        assert!(!["s3cr3t", "8086", "80.86"].iter().any(|value| message.contains(value)), "a value: {message}");
    }
}

#[test]
fn a_manifest_of_version_1_is_told_from_a_wrong_one() {
    let text_of = |version: &str| {
        format!(
            "{version}name = 'test'\nversion = '1.0.0'\ntrigger = {{ type = 'http', base = '/' }}\n\n\
             [[component]]\nid = 'test'\nsource = 'test.wasm'\n[component.trigger]\nroute = '/...'\n"
        )
    };
    for (version, line) in [("spin_version = '1'\n", 1), ("spin_manifest_version = '1'\n", 1), ("", 5)] {
        let (_folder, path) = file("spin.toml", text_of(version));
        let message = refused(&mut catamaran(["up", "-f", text(&path), "--listen", "127.0.0.1:0"]));
        has(&message, &[&format!("{}:{line}: ", path.display()), "manifest version 1", "[component.ID]", "upgrade"]);
    }
}
