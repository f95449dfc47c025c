//! The `fields` of a query: what of an answer is wanted.

use serde_json::{Map, Value, json};

/// Which fields of an answer are wanted.
pub(super) struct Chosen {
    names: Vec<String>,
    exclude: bool,
}

/// The fields of an application that a list can be limited to; all others are dropped without a word. The
/// second name is where the value really is, when elsewhere: the list has the result under `operation.sync`.
const LIST_FIELDS: &[(&str, &str)] = &[
    ("metadata.name", ""),
    ("metadata.namespace", ""),
    ("metadata.annotations", ""),
    ("metadata.labels", ""),
    ("metadata.creationTimestamp", ""),
    ("metadata.deletionTimestamp", ""),
    ("spec", ""),
    ("status.sourceHydrator", ""),
    ("status.sync.status", ""),
    ("status.health", ""),
    ("status.summary", ""),
    ("status.operationState.startedAt", ""),
    ("status.operationState.finishedAt", ""),
    ("status.resources", ""),
    ("operation.sync", ""),
    ("status.operationState.phase", ""),
    ("status.operationState.operation.sync", "status.operationState.syncResult"),
];

impl Chosen {
    /// Reads the query's `fields`; a minus in front turns them into what is left out.
    pub(super) fn of(fields: &str) -> Self {
        let (exclude, fields) = fields.strip_prefix('-').map_or((false, fields), |rest| (true, rest));
        // Only the first name loses its minus; the others never match.
        let names = fields.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { names, exclude }
    }

    /// Whether nothing is limited.
    pub(super) fn is_all(&self) -> bool {
        self.names.is_empty()
    }

    /// The list of applications with the wanted fields of the fixed table.
    pub(super) fn applications(&self, list: &Value) -> Value {
        let project = |app: &Value| {
            let mut row = json!({});
            for (field, real) in LIST_FIELDS {
                let listed = self.names.iter().any(|name| name.strip_prefix("items.") == Some(field));
                if listed == self.exclude {
                    continue;
                }
                let real = if real.is_empty() { field } else { real };
                let held = app.pointer(&format!("/{}", real.replace('.', "/"))).cloned();
                let value = match (held, *field) {
                    (None, "metadata.deletionTimestamp") => Value::Null,
                    (None, "status.summary" | "status.sourceHydrator") => json!({}),
                    (None, _) => continue,
                    (Some(value), _) => value,
                };
                let mut at = &mut row;
                for part in field.split('.') {
                    at = &mut at[part];
                }
                *at = value;
            }
            row
        };
        let items: Vec<Value> = list["items"].as_array().into_iter().flatten().map(project).collect();
        json!({ "items": if items.is_empty() { Value::Null } else { json!(items) }, "metadata": list["metadata"] })
    }

    /// Keeps the wanted fields of any value: by path from the top, prefixes included.
    pub(super) fn keep(&self, value: &mut Value, path: &str) {
        if self.is_all() {
            return;
        }
        match value {
            Value::Object(map) => {
                let held = std::mem::take(map);
                let mut kept: Vec<(String, Value)> = Vec::new();
                for (name, mut value) in held {
                    let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    let exact = self.names.contains(&here);
                    let within = exact || self.names.iter().any(|wanted| wanted.starts_with(&here));
                    if if self.exclude { !exact } else { within } {
                        if !exact {
                            self.keep(&mut value, &here);
                        }
                        kept.push((name, value));
                    }
                }
                kept.sort_by(|a, b| a.0.cmp(&b.0));
                *map = kept.into_iter().collect::<Map<_, _>>();
            }
            Value::Array(list) => list.iter_mut().for_each(|item| self.keep(item, path)),
            _ => {}
        }
    }
}
