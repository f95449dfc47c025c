//! A small content-addressed git history: what Argo CD syncs from.

use std::{collections::BTreeMap, fmt::Write as _, sync::Mutex};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::lock;
use crate::model::Time;

/// The address under which the demo's repository is known.
pub const REPO_URL: &str = "https://git.clinic.example/platform/deploy.git";

/// The manifests of every path: what a checkout of one commit holds.
pub type Tree = BTreeMap<String, Vec<Value>>;

/// One commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Forty hexadecimal digits, from the content.
    pub sha: String,
    /// The author's name.
    pub author: String,
    /// The author's mail address.
    pub email: String,
    /// When it was made.
    pub date: Time,
    /// The whole message; its first line is the subject.
    pub message: String,
    /// The commits before it.
    pub parents: Vec<String>,
    /// The tags on it.
    pub tags: Vec<String>,
    /// The paths whose manifests it changed.
    pub changed: Vec<String>,
}

/// Who makes a commit, when and why.
#[derive(Clone, Debug)]
pub struct Authored<'a> {
    /// The author's name.
    pub author: &'a str,
    /// The author's mail address.
    pub email: &'a str,
    /// When.
    pub date: Time,
    /// The whole message.
    pub message: &'a str,
}

/// One repository with its branches.
#[derive(Debug)]
pub struct Git {
    inner: Mutex<Inner>,
    pushed: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    commits: Vec<(Commit, Tree)>,
    branches: BTreeMap<String, usize>,
}

impl Default for Git {
    fn default() -> Self {
        let inner = Inner { commits: Vec::new(), branches: BTreeMap::new() };
        Self { inner: Mutex::new(inner), pushed: watch::Sender::new(0) }
    }
}

impl Git {
    /// Commits `changes` (path → its manifests; none removes the path) on a branch and says the new SHA.
    pub fn commit(&self, branch: &str, by: &Authored<'_>, changes: Tree) -> String {
        let mut inner = lock(&self.inner);
        let parent = inner.branches.get(branch).copied().or_else(|| inner.branches.get("main").copied());
        let (parents, mut tree) = parent.map_or_else(Default::default, |at| {
            let (commit, tree) = &inner.commits[at];
            (vec![commit.sha.clone()], tree.clone())
        });
        let changed: Vec<String> = changes.keys().cloned().collect();
        for (path, manifests) in changes {
            if manifests.is_empty() {
                tree.remove(&path);
            } else {
                tree.insert(path, manifests);
            }
        }
        let sha = sha(&parents, by, &tree);
        let commit = Commit {
            sha: sha.clone(),
            author: by.author.to_owned(),
            email: by.email.to_owned(),
            date: by.date,
            message: by.message.to_owned(),
            parents,
            tags: Vec::new(),
            changed,
        };
        inner.commits.push((commit, tree));
        let at = inner.commits.len() - 1;
        inner.branches.insert(branch.to_owned(), at);
        drop(inner);
        self.pushed.send_modify(|n| *n += 1);
        sha
    }

    /// Puts a tag on a commit; false when the revision is unknown.
    pub fn tag(&self, revision: &str, tag: &str) -> bool {
        let mut inner = lock(&self.inner);
        let Some(at) = inner.find(revision) else { return false };
        inner.commits[at].0.tags.push(tag.to_owned());
        true
    }

    /// The SHA that a branch, tag, `HEAD`, full SHA or its unique beginning (7 digits or more) stands for.
    pub fn resolve(&self, revision: &str) -> Option<String> {
        let inner = lock(&self.inner);
        inner.find(revision).map(|at| inner.commits[at].0.sha.clone())
    }

    /// The commit that a revision stands for.
    pub fn show(&self, revision: &str) -> Option<Commit> {
        let inner = lock(&self.inner);
        inner.find(revision).map(|at| inner.commits[at].0.clone())
    }

    /// The manifests at a path in a revision; none when either is unknown.
    pub fn manifests(&self, revision: &str, path: &str) -> Option<Vec<Value>> {
        let inner = lock(&self.inner);
        inner.commits[inner.find(revision)?].1.get(path).cloned()
    }

    /// The paths that have manifests in a revision.
    pub fn paths(&self, revision: &str) -> Vec<String> {
        let inner = lock(&self.inner);
        inner.find(revision).map_or_else(Vec::new, |at| inner.commits[at].1.keys().cloned().collect())
    }

    /// The commits from a revision back to the first, newest first; only those that changed `path` when given.
    pub fn log(&self, revision: &str, path: Option<&str>) -> Vec<Commit> {
        let inner = lock(&self.inner);
        let mut found = Vec::new();
        let mut at = inner.find(revision);
        while let Some(index) = at {
            let commit = &inner.commits[index].0;
            if path.is_none_or(|path| commit.changed.iter().any(|changed| changed == path)) {
                found.push(commit.clone());
            }
            at = commit.parents.first().and_then(|parent| inner.by_sha(parent));
        }
        found
    }

    /// The branches with the SHA each stands at.
    pub fn branches(&self) -> Vec<(String, String)> {
        let inner = lock(&self.inner);
        inner.branches.iter().map(|(name, at)| (name.clone(), inner.commits[*at].0.sha.clone())).collect()
    }

    /// Tells of every push, as a webhook would.
    pub fn pushes(&self) -> watch::Receiver<u64> {
        self.pushed.subscribe()
    }
}

impl Inner {
    fn by_sha(&self, sha: &str) -> Option<usize> {
        self.commits.iter().position(|(commit, _)| commit.sha == sha)
    }

    fn find(&self, revision: &str) -> Option<usize> {
        let branch = if revision == "HEAD" || revision.is_empty() { "main" } else { revision };
        if let Some(at) = self.branches.get(branch) {
            return Some(*at);
        }
        if let Some(at) = self.commits.iter().rposition(|(c, _)| c.tags.iter().any(|tag| tag == revision)) {
            return Some(at);
        }
        if revision.len() < 7 {
            return None;
        }
        let mut found = self.commits.iter().enumerate().filter(|(_, (c, _))| c.sha.starts_with(revision));
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        }
    }
}

fn sha(parents: &[String], by: &Authored<'_>, tree: &Tree) -> String {
    let mut hash = Sha256::new();
    for text in parents.iter().map(String::as_str).chain([by.author, by.email, by.message]) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(by.date.secs().to_be_bytes());
    for (path, manifests) in tree {
        hash.update(path.as_bytes());
        for manifest in manifests {
            hash.update(manifest.to_string().as_bytes());
        }
    }
    hex(&hash.finalize()[..20])
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn history_is_found_by_branch_tag_and_beginning() {
        let git = Git::default();
        let by = |date, message| Authored {
            author: "Imane",
            email: "imane@x",
            date: Time::from_secs(date),
            message,
        };
        let change = |n: i32| Tree::from([("envs/prod/web".to_owned(), vec![json!({ "n": n })])]);
        let one = git.commit("main", &by(1, "one"), change(1));
        let two = git.commit("main", &by(2, "two"), change(2));
        assert_eq!(one.len(), 40);
        assert_ne!(one, two);
        assert!(git.tag(&one[..7], "v1"));
        assert_eq!(git.resolve("HEAD"), Some(two.clone()));
        assert_eq!(git.resolve("v1"), Some(one.clone()));
        assert_eq!(git.resolve(&two[..8]), Some(two.clone()));
        assert_eq!(git.resolve("nothing"), None);
        assert_eq!(git.manifests("v1", "envs/prod/web"), Some(vec![json!({ "n": 1 })]));
        let subjects: Vec<_> =
            git.log("main", Some("envs/prod/web")).into_iter().map(|c| c.message).collect();
        assert_eq!(subjects, ["two", "one"]);
        assert!(git.log("main", Some("envs/prod/other")).is_empty());
    }
}
