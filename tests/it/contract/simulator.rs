//! One simulated platform for all suites of this binary: its start takes seconds in a debug build.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    thread,
};

use tokio::runtime::Runtime;
use vigie::{
    connector::tls::install_crypto,
    sim::{Options, Platform, cluster::known, identity, server::kubernetes},
};

use super::live::Target;

/// The platform and the threads that it runs on, which outlive the runtime of the test that came first.
struct Shared {
    platform: Platform,
    _runtime: Runtime,
}

static SHARED: OnceLock<Shared> = OnceLock::new();

/// The platform, in real time; the first to ask starts it.
pub(super) fn platform() -> &'static Platform {
    let start = || {
        install_crypto();
        let runtime = Runtime::new().unwrap();
        let platform = runtime.block_on(Platform::start(Options::default())).unwrap();
        Shared { platform, _runtime: runtime }
    };
    // A thread of its own, because a test's is already one of a runtime.
    &SHARED.get_or_init(|| thread::spawn(start).join().unwrap()).platform
}

/// A system of an environment, with the tokens of who is on call and of who may only look.
pub(crate) fn target(env: &str, system: &str) -> Target {
    of_user(env, system, "nadia")
}

/// The same with the token of who administers the platform.
pub(crate) fn administered(env: &str, system: &str) -> Target {
    of_user(env, system, "samir")
}

fn of_user(env: &str, system: &str, user: &str) -> Target {
    let url = platform().endpoints(env).get(system).unwrap().url();
    let token = |user: &str| identity::by_name(user).map(|user| user.token.to_owned());
    Target { url, token: token(user), viewer: token("victor") }
}

/// Writes a user's kubeconfig for an environment.
pub(crate) fn kubeconfig(dir: &Path, env: &'static str, user: &str) -> PathBuf {
    let platform = platform();
    let cluster = platform.endpoints(env).get("kubernetes").unwrap();
    let text = kubernetes::kubeconfig([(env, cluster)], &platform.world().ca.pem());
    let path = dir.join(format!("{env}-{user}"));
    std::fs::write(&path, text.replace("    user: nadia", &format!("    user: {user}"))).unwrap();
    path
}

/// The name of a pod that begins so.
pub(super) fn pod(env: &str, namespace: &str, begins: &str) -> String {
    let pods = platform().world().env(env).unwrap().cluster.list(known::PODS, Some(namespace));
    let names = pods.iter().filter_map(|pod| pod["metadata"]["name"].as_str());
    names.into_iter().find(|name| name.starts_with(begins)).unwrap().to_owned()
}
