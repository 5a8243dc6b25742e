//! Machine code of what `catamaran` serves, made before anything is measured: that is how the image serves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use catamaran_tests::artifacts::Generation::{P2, P3};
use catamaran_tests::artifacts::{component, dist_host, streams, workspace};
use catamaran_tests::process::run;

pub(crate) static SERVICE: LazyLock<PathBuf> = LazyLock::new(|| compile("service-0.2", component(P2)));
pub(crate) static SERVICE_0_3: LazyLock<PathBuf> = LazyLock::new(|| compile("service-0.3", component(P3)));
pub(crate) static STREAMS: LazyLock<PathBuf> = LazyLock::new(|| compile("streams", streams()));

/// Makes all of it, and the host that does so: else the first start would be measured with them.
pub(crate) fn make() {
    for file in [&SERVICE, &SERVICE_0_3, &STREAMS] {
        LazyLock::force(file);
    }
}

/// Not beside the component, where a host that is to compile it would find the result.
fn compile(name: &str, wasm: &Path) -> PathBuf {
    let folder = workspace().join("target/bench");
    fs::create_dir_all(&folder).expect("target can be written");
    let file = folder.join(format!("{name}.cwasm"));
    let finished = run(Command::new(dist_host()).arg("compile").arg(wasm).arg("-o").arg(&file));
    assert!(finished.status.success(), "{finished}");
    file
}
