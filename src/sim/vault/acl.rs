//! Policies: path rules in HCL or JSON, and which capabilities they give on a path.

use std::collections::BTreeMap;

use serde_json::Value;

use super::wire::Op;

/// The capabilities by name; the bit is the place.
const NAMES: [&str; 9] = ["create", "read", "update", "delete", "list", "scan", "sudo", "patch", "deny"];

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps(u16);

impl Caps {
    const DENY: Self = Self(1 << 8);
    const SUDO: Self = Self(1 << 6);

    fn of(name: &str) -> Option<Self> {
        NAMES.iter().position(|known| *known == name).map(|at| Self(1 << at))
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether they allow an operation; a write needs `create` where nothing is yet, else `update`.
    pub fn allow(self, op: Op, fresh: bool) -> bool {
        let needed = match op {
            Op::Read => "read",
            Op::List => "list",
            Op::Scan => "scan",
            Op::Write if fresh => "create",
            Op::Write => "update",
            Op::Patch => "patch",
            Op::Delete => "delete",
        };
        !self.has(Self::DENY) && Self::of(needed).is_some_and(|needed| self.has(needed))
    }

    /// Whether they hold `sudo`.
    pub fn sudo(self) -> bool {
        !self.has(Self::DENY) && self.has(Self::SUDO)
    }

    /// Their names in the server's order; `deny` when there are none.
    pub fn names(self) -> Vec<&'static str> {
        if self.0 == 0 || self.has(Self::DENY) {
            return vec!["deny"];
        }
        let mut names: Vec<_> = NAMES
            .iter()
            .enumerate()
            .filter(|(at, _)| self.0 & (1 << at) != 0)
            .map(|(_, name)| *name)
            .collect();
        names.sort_unstable();
        names
    }
}

/// One rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The path, perhaps with `+` segments and a `*` at its end.
    pub path: String,
    /// What it gives.
    pub caps: Caps,
}

/// What a set of rules gives on a path: the most specific path decides, and `deny` beats all there.
pub fn capabilities<'a>(rules: impl Iterator<Item = &'a Rule>, path: &str, op: Option<Op>) -> Caps {
    let trimmed = path.strip_suffix('/').filter(|_| matches!(op, Some(Op::List | Op::Scan) | None));
    let mut by_path: BTreeMap<&str, Caps> = BTreeMap::new();
    for rule in rules {
        if matches(&rule.path, path) || trimmed.is_some_and(|path| matches(&rule.path, path)) {
            let held = by_path.entry(&rule.path).or_default();
            held.0 |= rule.caps.0;
        }
    }
    let best = by_path.into_iter().max_by_key(|(path, _)| rank(path));
    best.map_or_else(Caps::default, |(_, caps)| caps)
}

/// How specific a path is; see "Priority matching" in the documentation of policies.
fn rank(path: &str) -> (usize, bool, std::cmp::Reverse<usize>, usize, &str) {
    let wild = path.find("/+").map(|at| at + 1).or_else(|| path.starts_with('+').then_some(0));
    let glob = path.ends_with('*').then(|| path.len() - 1);
    let first = match (wild, glob) {
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b).unwrap_or(usize::MAX),
    };
    let plus = path.split('/').filter(|segment| *segment == "+").count();
    (first, glob.is_none(), std::cmp::Reverse(plus), path.len(), path)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, open) = pattern.strip_suffix('*').map_or((pattern, false), |prefix| (prefix, true));
    if !pattern.split('/').any(|segment| segment == "+") {
        return if open { path.starts_with(pattern) } else { path == pattern };
    }
    let mut segments = path.split('/');
    let wanted: Vec<_> = pattern.split('/').collect();
    for (at, want) in wanted.iter().enumerate() {
        let Some(segment) = segments.next() else { return false };
        let last = at + 1 == wanted.len();
        let fits = *want == "+" || *want == segment || (last && open && segment.starts_with(want));
        if !fits {
            return false;
        }
    }
    open || segments.next().is_none()
}

/// Reads a policy in HCL or JSON; the error is the server's text.
pub fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let blocks =
        if text.trim_start().starts_with('{') { json_blocks(text)? } else { Hcl::new(text)?.blocks()? };
    let mut rules = Vec::new();
    for (path, names) in blocks {
        let mut caps = Caps::default();
        for name in names {
            let Some(cap) = Caps::of(&name) else {
                return Err(format!(
                    "failed to parse policy: path {path:?}: path {path:?}: invalid capability {name:?}"
                ));
            };
            caps.0 |= cap.0;
        }
        let path = path.strip_prefix('/').unwrap_or(&path).to_owned();
        rules.push(Rule { path, caps });
    }
    Ok(rules)
}

fn json_blocks(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("failed to parse policy: {e}"))?;
    let paths = value.get("path").and_then(Value::as_object);
    let names = |rule: &Value| -> Vec<String> {
        let list = rule.get("capabilities").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    };
    Ok(paths.into_iter().flatten().map(|(path, rule)| (path.clone(), names(rule))).collect())
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

/// The part of HCL that policies use.
struct Hcl {
    tokens: std::vec::IntoIter<Token>,
}

impl Hcl {
    fn new(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                c if c.is_whitespace() => {}
                '#' => skip_line(&mut chars),
                '/' if chars.peek() == Some(&'/') => skip_line(&mut chars),
                '/' if chars.peek() == Some(&'*') => {
                    let mut last = ' ';
                    while let Some(c) = chars.next_if(|c| !(last == '*' && *c == '/')) {
                        last = c;
                    }
                    chars.next();
                }
                '"' => tokens.push(Token::Text(quoted(&mut chars)?)),
                '{' | '}' | '[' | ']' | '=' | ',' | ':' => tokens.push(Token::Mark(c)),
                c => {
                    let mut word = String::from(c);
                    while let Some(c) =
                        chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '/'))
                    {
                        word.push(c);
                    }
                    tokens.push(Token::Word(word));
                }
            }
        }
        Ok(Self { tokens: tokens.into_iter() })
    }

    fn blocks(mut self) -> Result<Vec<(String, Vec<String>)>, String> {
        let mut blocks = Vec::new();
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Word(word) if word == "path" => {
                    let (Some(Token::Text(path)), Some(Token::Mark('{'))) =
                        (self.tokens.next(), self.tokens.next())
                    else {
                        return Err(
                            "failed to parse policy: path must be followed by a text and a block".into()
                        );
                    };
                    let names = self.capabilities()?;
                    blocks.push((path, names));
                }
                Token::Word(word) if word == "name" => {
                    self.tokens.next();
                    self.tokens.next();
                }
                Token::Word(key) | Token::Text(key) => {
                    return Err(format!("failed to parse policy: invalid key {key:?} on line 1"));
                }
                Token::Mark(mark) => {
                    return Err(format!("failed to parse policy: error parsing: unexpected {mark:?}"));
                }
            }
        }
        Ok(blocks)
    }

    /// The capabilities of a path's block; its other settings are skipped.
    fn capabilities(&mut self) -> Result<Vec<String>, String> {
        let (mut names, mut depth, mut here) = (Vec::new(), 1_u32, false);
        for token in self.tokens.by_ref() {
            match token {
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(names);
                    }
                }
                Token::Word(word) if depth == 1 => here = word == "capabilities",
                Token::Text(name) if depth == 1 && here => names.push(name),
                _ => {}
            }
        }
        Err("failed to parse policy: error parsing: object expected closing RBRACE got: EOF".into())
    }
}

fn skip_line(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| *c != '\n').is_some() {}
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok(text),
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    Err("failed to parse policy: error parsing: literal not terminated".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(policy: &str, path: &str) -> Vec<&'static str> {
        capabilities(parse(policy).unwrap().iter(), path, None).names()
    }

    #[test]
    fn gives_what_the_real_server_gives() {
        let policy = "path \"secret/data/app/*\" { capabilities=[\"read\"] }\n\
                      path \"secret/metadata/*\" { capabilities=[\"list\"] }\n\
                      path \"sys/leases/lookup\" {capabilities=[\"update\"]}";
        assert_eq!(names(policy, "secret/data/app/db"), ["read"]);
        assert_eq!(names(policy, "secret/metadata/"), ["list"]);
        assert_eq!(names(policy, "sys/mounts"), ["deny"]);
        assert_eq!(names(policy, "sys/leases/lookup"), ["update"]);
        let error = parse("path \"x\" { capabilities=[\"fly\"] }").unwrap_err();
        assert_eq!(error, "failed to parse policy: path \"x\": path \"x\": invalid capability \"fly\"");
    }

    #[test]
    fn the_most_specific_path_decides() {
        let policy = r#"
            # everything, but
            path "secret/*" { capabilities = ["read", "list"] }
            path "secret/+/odoo" { capabilities = ["update"] }   // one segment
            path "secret/data/odoo" { capabilities = ["deny"] }
            path "kv/a" { capabilities = ["create"] allowed_parameters = { "x" = ["y"] } }
        "#;
        assert_eq!(names(policy, "secret/data/other"), ["list", "read"]);
        assert_eq!(names(policy, "secret/metadata/odoo"), ["update"]);
        assert_eq!(names(policy, "secret/data/odoo"), ["deny"]);
        assert_eq!(names(policy, "kv/a"), ["create"]);
        let json = r#"{"path": {"secret/*": {"capabilities": ["sudo", "list"]}}}"#;
        assert_eq!(names(json, "secret/x"), ["list", "sudo"]);
    }
}
