//! Aliases: words of one's own for lists.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use super::{Report, quoted, read};
use crate::{cli::get::What, model::text};

/// `aliases.yaml`; the root may be left out.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Rooted { aliases: BTreeMap<String, String> },
    Plain(BTreeMap<String, String>),
}

/// What takes the aliases over: a setting of the screen.
pub(super) fn aliases(dir: &Path, report: &mut Report) -> Option<String> {
    let file = read::<File>(&dir.join("aliases.yaml"), report)?;
    let (File::Rooted { aliases } | File::Plain(aliases)) = file;
    let mut rows = Vec::new();
    for (name, target) in aliases {
        let (name, target) = (text::one_line(&name), text::one_line(&target));
        let what = format!("alias {name} ({target})");
        let meant = || What::named(&name).map(|w| w.name);
        match said(&target) {
            Some(said) if meant().is_some_and(|own| own == said) => {
                report.took(what, format!("`{name}` means {said} here too"));
            }
            Some(said) if !name.is_empty() && !name.contains(char::is_whitespace) => {
                rows.push(format!("{} = {}", quoted(&name), quoted(&said)));
                report.took(what, format!("`:{name}` says `:{said}`"));
            }
            _ => report.left(what, "no word, or no name of a list"),
        }
    }
    (!rows.is_empty()).then(|| format!("aliases = {{ {} }}", rows.join(", ")))
}

/// What is typed here for a command of k9s: `v1/pods app=x`, `cert-manager.io/v1/certificates`, `dp`.
fn said(target: &str) -> Option<String> {
    let (first, rest) = target.trim().split_once(char::is_whitespace).unwrap_or((target.trim(), ""));
    let mut parts = first.rsplit('/');
    let resource = parts.next().unwrap_or_default();
    let group = parts.nth(1).unwrap_or_default();
    let list = match What::named(resource) {
        Some(what) => what.name.to_owned(),
        None if group.is_empty() => resource.to_owned(),
        None => format!("{resource}.{group}"),
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let all = format!("{list} {}", rest.trim());
    (!list.is_empty() && list.chars().all(is_name)).then(|| all.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_there_is_typed_here() {
        assert_eq!(said("v1/pods").as_deref(), Some("pods"));
        assert_eq!(said("apps/v1/deployments").as_deref(), Some("deployments"));
        assert_eq!(said("v1/pods kube-system app=x").as_deref(), Some("pods kube-system app=x"));
        assert_eq!(said("example.org/v1/widgets").as_deref(), Some("widgets.example.org"));
        assert_eq!(said("clusterrolebindings").as_deref(), Some("clusterrolebindings"));
        assert_eq!(said("http://example.org"), None);
        assert_eq!(said(""), None);
    }
}
