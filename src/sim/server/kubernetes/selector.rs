//! Label selectors and field selectors.

use serde_json::Value;

use crate::sim::cluster::{ApiError, Resource, known};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

/// A label selector: every requirement must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels(Vec<(String, Test)>);

impl Labels {
    /// Reads `a=b,c!=d,e in (x,y),f notin (z),g,!h,n>5`; 400 when it is none.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut all = Vec::new();
        for part in split(text) {
            let part = part.trim();
            if !part.is_empty() {
                let bad = || ApiError::bad_request(format!("unable to parse requirement: found '{part}'"));
                all.push(requirement(part).ok_or_else(bad)?);
            }
        }
        Ok(Self(all))
    }

    /// The selector of a `LabelSelector` object (`matchLabels`, `matchExpressions`).
    pub(super) fn of_object(selector: &Value) -> Self {
        let plain = selector["matchLabels"].as_object().into_iter().flatten();
        let mut all: Vec<_> =
            plain.map(|(key, value)| (key.clone(), Test::In(vec![string(value)]))).collect();
        for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
            let values = expression["values"].as_array().into_iter().flatten().map(string).collect();
            let test = match expression["operator"].as_str() {
                Some("In") => Test::In(values),
                Some("NotIn") => Test::NotIn(values),
                Some("Exists") => Test::Exists,
                _ => Test::Missing,
            };
            all.push((string(&expression["key"]), test));
        }
        Self(all)
    }

    /// Whether there is nothing to require.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object's labels meet every requirement.
    pub(super) fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.0.iter().all(|(key, test)| {
            let label = labels.get(key).and_then(Value::as_str);
            let number = || label.and_then(|label| label.parse::<i64>().ok());
            match test {
                Test::In(values) => label.is_some_and(|label| values.iter().any(|value| value == label)),
                Test::NotIn(values) => label.is_none_or(|label| values.iter().all(|value| value != label)),
                Test::Exists => label.is_some(),
                Test::Missing => label.is_none(),
                Test::Above(bound) => number().is_some_and(|number| number > *bound),
                Test::Below(bound) => number().is_some_and(|number| number < *bound),
            }
        })
    }
}

/// The parts between commas that stand outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(part: &str) -> Option<(String, Test)> {
    if let Some(key) = part.strip_prefix('!') {
        return Some((key_of(key)?, Test::Missing));
    }
    if let Some((left, list)) = part.split_once('(') {
        let list = list.trim_end().strip_suffix(')')?;
        let values = list.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = left.split_whitespace();
        let key = key_of(words.next()?)?;
        let test = match words.next()? {
            "in" => Test::In(values),
            "notin" => Test::NotIn(values),
            _ => return None,
        };
        return words.next().is_none().then_some((key, test));
    }
    for (sign, equal) in [("!=", false), ("==", true), ("=", true)] {
        if let Some((key, value)) = part.split_once(sign) {
            let value = value.trim();
            if value.contains(['=', '!', ' ']) {
                return None;
            }
            let values = vec![value.to_owned()];
            return Some((key_of(key)?, if equal { Test::In(values) } else { Test::NotIn(values) }));
        }
    }
    if let Some((key, bound)) = part.split_once('>') {
        return Some((key_of(key)?, Test::Above(bound.trim().parse().ok()?)));
    }
    if let Some((key, bound)) = part.split_once('<') {
        return Some((key_of(key)?, Test::Below(bound.trim().parse().ok()?)));
    }
    Some((key_of(part)?, Test::Exists))
}

fn key_of(text: &str) -> Option<String> {
    let key = text.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (!key.is_empty() && key.chars().all(fits)).then(|| key.to_owned())
}

/// A field selector: every requirement must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, bool, String)>);

impl Fields {
    /// Reads `metadata.name=x,status.phase!=Running`; 400 for a field that the resource cannot be selected by.
    pub(super) fn parse(text: &str, resource: &Resource) -> Result<Self, ApiError> {
        let mut all = Vec::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let found = [("!=", false), ("==", true), ("=", true)]
                .into_iter()
                .find_map(|(sign, equal)| part.split_once(sign).map(|(key, value)| (key, equal, value)));
            let Some((key, equal, value)) = found else {
                return Err(ApiError::bad_request(format!(
                    "invalid selector: '{part}'; can't understand '{part}'"
                )));
            };
            let key = key.trim();
            if !supported(resource, key) {
                return Err(ApiError::bad_request(format!("field label not supported: {key}")));
            }
            all.push((key.to_owned(), equal, value.trim().to_owned()));
        }
        Ok(Self(all))
    }

    /// Whether there is nothing to require.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a stored object meets every requirement.
    pub(super) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|(key, equal, wanted)| (field(object, key) == *wanted) == *equal)
    }
}

/// The fields that a resource can be selected by, besides name and namespace.
fn supported(resource: &Resource, key: &str) -> bool {
    let more: &[&str] = match resource.stored {
        known::PODS => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        known::EVENTS if resource.gr.group.is_empty() => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        known::EVENTS => &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
        known::NAMESPACES => &["status.phase"],
        known::NODES => &["spec.unschedulable"],
        known::SECRETS => &["type"],
        known::JOBS => &["status.successful"],
        known::REPLICA_SETS => &["status.replicas"],
        _ => &[],
    };
    matches!(key, "metadata.name" | "metadata.namespace") || more.contains(&key)
}

fn field(object: &Value, key: &str) -> String {
    let (of, default) = match key {
        "spec.hostNetwork" | "spec.unschedulable" => (key.to_owned(), "false"),
        "status.successful" => ("status.succeeded".to_owned(), "0"),
        "status.replicas" => (key.to_owned(), "0"),
        "reportingController" => ("reportingComponent".to_owned(), ""),
        "source" => ("source.component".to_owned(), ""),
        _ => (
            key.strip_prefix("regarding.").map_or_else(|| key.to_owned(), |k| format!("involvedObject.{k}")),
            "",
        ),
    };
    let found = of.split('.').try_fold(object, |value, name| value.get(name));
    found.filter(|value| !value.is_null()).map_or_else(|| default.to_owned(), string)
}

fn string(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sim::cluster::find;

    #[test]
    fn label_selectors_in_full() {
        let object = json!({ "metadata": { "labels": { "app": "web", "tier": "front", "n": "7" } } });
        let yes = [
            "",
            "app",
            "app=web",
            "app==web",
            "app!=api",
            "app in (api,web)",
            "tier notin (back, db)",
            "!gone",
            "app=web,tier=front",
            "n>6",
            "n<8",
            "gone notin (x)",
            "app in (web),tier",
            "other!=x",
        ];
        let no = [
            "gone",
            "app=api",
            "app!=web",
            "app in (api)",
            "app notin (web)",
            "!app",
            "n>7",
            "app=web,tier=x",
        ];
        for text in yes {
            assert!(Labels::parse(text).unwrap().matches(&object), "{text}");
        }
        for text in no {
            assert!(!Labels::parse(text).unwrap().matches(&object), "{text}");
        }
        for text in ["a b", "a in b", "a=b=c", "a in (b", "=x"] {
            assert_eq!(Labels::parse(text).unwrap_err().code, 400, "{text}");
        }
    }

    #[test]
    fn selectors_in_objects() {
        let selector = json!({ "matchLabels": { "app": "web" },
            "matchExpressions": [{ "key": "tier", "operator": "NotIn", "values": ["db"] }] });
        let selector = Labels::of_object(&selector);
        assert!(selector.matches(&json!({ "metadata": { "labels": { "app": "web" } } })));
        assert!(!selector.matches(&json!({ "metadata": { "labels": { "app": "web", "tier": "db" } } })));
    }

    #[test]
    fn field_selectors_know_their_fields() {
        let pods = find("", "pods").unwrap();
        let pod = json!({ "metadata": { "name": "web" }, "spec": { "nodeName": "n1" }, "status": { "phase": "Running" } });
        let fits = |text: &str| Fields::parse(text, pods).unwrap().matches(&pod);
        assert!(fits("spec.nodeName=n1,status.phase!=Failed"));
        assert!(fits("spec.hostNetwork=false"));
        assert!(!fits("metadata.name=api"));
        let refused = Fields::parse("spec.color=red", pods).unwrap_err();
        assert_eq!((refused.code, refused.message.as_str()), (400, "field label not supported: spec.color"));
        let events = find("events.k8s.io", "events").unwrap();
        let event = json!({ "involvedObject": { "name": "web" } });
        assert!(Fields::parse("regarding.name=web", events).unwrap().matches(&event));
    }
}
