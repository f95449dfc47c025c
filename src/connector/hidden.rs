//! Values that are no Secret's but secret by their name: literal variables of containers, entries of `ConfigMap`s, and
//! the copies of both that `kubectl apply` leaves behind.

use serde_json::Value;

use crate::model::{MASK, jq_step, masked};

/// What `kubectl apply` leaves behind: the object once more.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Words in a name that say that its value is secret.
const SECRET: [&str; 18] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "key",
    "keys",
    "apikey",
    "salt",
    "auth",
    "dsn",
];
/// Last words that say that the value is where a secret is, or how it is dealt with, and not the secret.
const ABOUT: [&str; 24] = [
    "file",
    "path",
    "dir",
    "url",
    "uri",
    "endpoint",
    "host",
    "port",
    "name",
    "ref",
    "type",
    "mode",
    "method",
    "enabled",
    "ttl",
    "expiry",
    "expiration",
    "interval",
    "timeout",
    "length",
    "size",
    "count",
    "algorithm",
    "prefix",
];

/// Whether a value of this name is to be hidden: `DB_PASSWORD`, `apiKey`, `tls.key`; not `TOKEN_URL`.
pub(super) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let about = words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    // `PASSWORD2` is one as well.
    let bare = |word: &str| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    !about && words.iter().any(|word| SECRET.contains(&bare(word).as_str()))
}

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("there is one").extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text is an address with a password in it: `postgres://app:hunter2@db/app`.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.starts_with('$'))
}

/// Whether a value is to be hidden under its name.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    // What only names another variable, or nothing, tells nothing.
    let tells_nothing = value.is_empty() || (value.starts_with("$(") && value.ends_with(')'));
    !tells_nothing && (is_secret_name(name) || has_password(value))
}

/// A value that is hidden.
pub(super) struct Hidden<'a> {
    /// By what it is asked for: the name of an entry of a `ConfigMap`, the path to any other as jq writes it.
    pub entry: String,
    /// The same with names in place of numbers, by which it is found in another version of the object.
    pub place: String,
    /// The value.
    pub value: &'a mut Value,
}

/// What of an object is secret by its name.
pub(super) fn of(object: &mut Value) -> Vec<Hidden<'_>> {
    let mut found = Vec::new();
    if object["kind"] == "ConfigMap" {
        let data = object.get_mut("data").and_then(Value::as_object_mut);
        for (name, value) in data.into_iter().flatten() {
            if value.as_str().is_some_and(|text| is_secret(name, text)) {
                found.push(Hidden { entry: name.clone(), place: name.clone(), value });
            }
        }
        return found;
    }
    walk(object, "", "", &mut found);
    found
}

fn walk<'a>(value: &'a mut Value, path: &str, place: &str, found: &mut Vec<Hidden<'a>>) {
    match value {
        Value::Object(map) => {
            for (key, below) in map {
                let step = jq_step(key);
                let (path, place) = (format!("{path}{step}"), format!("{place}{step}"));
                if key != "env" || !below.is_array() {
                    walk(below, &path, &place, found);
                    continue;
                }
                for (n, one) in below.as_array_mut().into_iter().flatten().enumerate() {
                    variable(one, &format!("{path}[{n}]"), &place, found);
                }
            }
        }
        Value::Array(all) => {
            for (n, below) in all.iter_mut().enumerate() {
                let name = below["name"].as_str().map_or_else(|| n.to_string(), str::to_owned);
                walk(below, &format!("{path}[{n}]"), &format!("{place}[{name}]"), found);
            }
        }
        _ => {}
    }
}

/// A variable of a container.
fn variable<'a>(one: &'a mut Value, path: &str, place: &str, found: &mut Vec<Hidden<'a>>) {
    let Some(name) = one["name"].as_str().map(str::to_owned) else { return };
    let Some(value) = one.get_mut("value") else { return };
    if value.as_str().is_some_and(|text| is_secret(&name, text)) {
        found.push(Hidden { entry: format!("{path}.value"), place: format!("{place}[{name}]"), value });
    }
}

/// Masks what is secret by its name, in the copy that `kubectl apply` left behind as well.
pub(super) fn mask(object: &mut Value) {
    for hidden in of(object) {
        *hidden.value = masked(hidden.value.as_str().map_or(0, str::len)).into();
    }
    let Some(copy) = object.pointer_mut("/metadata/annotations").and_then(|a| a.get_mut(LAST_APPLIED)) else {
        return;
    };
    let Some(mut applied) = copy.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return;
    };
    let before = applied.clone();
    super::secret::mask(&mut applied);
    if applied != before {
        *copy = applied.to_string().into();
    }
}

/// Masks what is secret by its name on both sides of a comparison, and says what changed.
pub(super) fn mask_both(mut live: Option<&mut Value>, target: Option<&mut Value>) {
    let values = |object: &mut Value| of(object).into_iter().map(|h| (h.place, h.value.clone())).collect();
    let before: Vec<(String, Value)> = live.as_deref_mut().map(values).unwrap_or_default();
    for hidden in target.into_iter().flat_map(of) {
        let changed = before.iter().any(|(place, was)| *place == hidden.place && was != hidden.value);
        *hidden.value = if changed { format!("{MASK} changed") } else { MASK.to_owned() }.into();
    }
    for hidden in live.into_iter().flat_map(of) {
        *hidden.value = MASK.into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_tell_what_is_secret() {
        for name in [
            "PASSWORD",
            "DB_PASSWORD",
            "password",
            "dbPassword",
            "API_KEY",
            "apiKey",
            "AWS_SECRET_ACCESS_KEY",
            "tls.key",
            "GITHUB_TOKEN",
            "oauth-client-secret",
            "SMTP_PASS",
            "credentials.json",
            "PASSWORD2",
            "SENTRY_DSN",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "POOL_SIZE",
            "KEYBOARD",
            "MONKEYS",
            "PASSWORD_FILE",
            "TOKEN_URL",
            "SECRET_NAME",
            "TOKEN_TTL",
            "BYPASS",
            "",
            "_",
            "COMPASS_HOST",
            "AUTHOR",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn addresses_with_passwords_are_secret() {
        assert!(is_secret("DATABASE_URL", "postgres://app:hunter2@db:5432/app?sslmode=require"));
        for value in
            ["postgres://app@db/app", "https://example.org/a:b@c", "redis://:$(PASS)@cache", "a:b@c", ""]
        {
            assert!(!is_secret("DATABASE_URL", value), "{value}");
        }
        assert!(!is_secret("PASSWORD", "$(OTHER)"), "it names another variable");
        assert!(!is_secret("PASSWORD", ""));
    }

    fn deployment() -> Value {
        json!({ "kind": "Deployment", "metadata": { "annotations": {} }, "spec": { "template": { "spec": {
            "containers": [
                { "name": "main", "env": [
                    { "name": "POOL_SIZE", "value": "20" },
                    { "name": "DB_PASSWORD", "value": "hunter2" },
                    { "name": "TOKEN", "valueFrom": { "secretKeyRef": { "name": "db", "key": "token" } } },
                ] },
            ],
        } } } })
    }

    #[test]
    fn variables_are_masked_and_found_by_their_path() {
        let mut object = deployment();
        let found: Vec<_> = of(&mut object).into_iter().map(|h| (h.entry, h.place)).collect();
        let path = ".spec.template.spec.containers[0].env[1].value".to_owned();
        assert_eq!(found, [(path, ".spec.template.spec.containers[main].env[DB_PASSWORD]".to_owned())]);
        mask(&mut object);
        let env = &object["spec"]["template"]["spec"]["containers"][0]["env"];
        assert_eq!(env[1]["value"], "••••••• (7 bytes)");
        assert_eq!(env[0]["value"], "20");
        assert_eq!(env[2], deployment()["spec"]["template"]["spec"]["containers"][0]["env"][2]);
    }

    #[test]
    fn copies_left_behind_are_masked_too() {
        let mut object = deployment();
        object["metadata"]["annotations"][LAST_APPLIED] = deployment().to_string().into();
        let mut map = json!({ "kind": "ConfigMap", "data": { "api-key": "abc", "colour": "red" }, "metadata": {
            "annotations": { LAST_APPLIED: r#"{"kind":"ConfigMap","data":{"api-key":"abc","colour":"red"}}"# } } });
        let mut plain = json!({ "kind": "Pod", "metadata": { "annotations": { LAST_APPLIED: "{ \"kind\": \"Pod\" }" } } });
        for object in [&mut object, &mut map, &mut plain] {
            mask(object);
        }
        assert!(!object.to_string().contains("hunter2"), "{object}");
        assert!(object.to_string().contains("POOL_SIZE"), "{object}");
        assert!(!map.to_string().contains("abc") && map["data"]["colour"] == "red", "{map}");
        assert_eq!(plain["metadata"]["annotations"][LAST_APPLIED], "{ \"kind\": \"Pod\" }", "as it was");
    }

    #[test]
    fn what_changed_is_told_without_its_value() {
        let (mut live, mut target) = (deployment(), deployment());
        let env = |object: &mut Value, name: &str, value: &str| {
            let all =
                object["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().expect("a list");
            all.insert(0, json!({ "name": name, "value": value }));
        };
        env(&mut live, "API_KEY", "old");
        // One more before it: the same variable is elsewhere.
        env(&mut target, "API_KEY", "new");
        env(&mut target, "COLOUR", "red");
        mask_both(Some(&mut live), Some(&mut target));
        let values = |object: &Value| -> Vec<String> {
            let all = object["spec"]["template"]["spec"]["containers"][0]["env"].as_array().expect("a list");
            all.iter().filter_map(|one| one["value"].as_str().map(str::to_owned)).collect()
        };
        assert_eq!(values(&live), [MASK, "20", MASK]);
        assert_eq!(values(&target), ["red", &format!("{MASK} changed"), "20", MASK]);
    }
}
