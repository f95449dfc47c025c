//! Real servers, named by environment variables; a suite whose server is not there says that it was skipped.

/// A server to run a suite on.
pub(crate) struct Target {
    /// Its address.
    pub(crate) url: String,
    /// A token that may do everything the suite does.
    pub(crate) token: Option<String>,
    /// A token that may only look.
    pub(crate) viewer: Option<String>,
}

/// The server that a variable names, with `_TOKEN` and `_VIEWER_TOKEN` beside it.
pub(super) fn target(name: &str) -> Option<Target> {
    let get = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let Some(url) = get(name) else {
        println!("skipped: {name}");
        return None;
    };
    let (token, viewer) = (get(&format!("{name}_TOKEN")), get(&format!("{name}_VIEWER_TOKEN")));
    Some(Target { url, token, viewer })
}
