//! One field of a line, without reading the rest: of JSON by its path, of anything else where `name=value` stands.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The value of a field; nested ones of JSON by their path: `http.status`.
pub fn field<'a>(line: &'a str, path: &str) -> Option<Cow<'a, str>> {
    if !line.trim_start().starts_with('{') {
        return pair(line, path);
    }
    let mut found = None;
    let mut json = serde_json::Deserializer::from_str(line);
    // The rest of the object is not read once the field is found, which the parser takes for a mistake.
    let _ = Pick { path, found: &mut found }.deserialize(&mut json);
    found.filter(|v| !v.is_null()).map(|v| match v {
        Value::String(text) => Cow::Owned(text),
        other => Cow::Owned(other.to_string()),
    })
}

/// The value behind `name=`, quoted or up to the next blank.
fn pair<'a>(line: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let places = line.match_indices(name);
    places.map(|(at, _)| (at, &line[at + name.len()..])).find_map(|(at, rest)| {
        let before = line[..at].chars().next_back();
        let value = rest.strip_prefix('=')?;
        if before.is_some_and(|c| !c.is_whitespace() && !matches!(c, ',' | '(' | '[' | '{' | ';')) {
            return None;
        }
        if let Some(quoted) = value.strip_prefix('"') {
            let mut escaped = false;
            let end = quoted.bytes().position(|b| {
                let ends = b == b'"' && !escaped;
                escaped = b == b'\\' && !escaped;
                ends
            })?;
            let quoted = &quoted[..end];
            return Some(if quoted.contains('\\') {
                Cow::Owned(quoted.replace("\\\"", "\"").replace("\\\\", "\\"))
            } else {
                Cow::Borrowed(quoted)
            });
        }
        let end = value.find(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | ']' | '}' | ';'));
        Some(Cow::Borrowed(&value[..end.unwrap_or(value.len())]))
    })
}

/// Picks one value out of an object.
struct Pick<'p> {
    path: &'p str,
    found: &'p mut Option<Value>,
}

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name(self.path))? {
            match name {
                Named::It => {
                    *self.found = Some(map.next_value()?);
                    return Ok(());
                }
                Named::Above(rest) => {
                    let value: Value = map.next_value()?;
                    let inner = rest.split('.').try_fold(&value, |v, part| v.get(part));
                    if let Some(inner) = inner {
                        *self.found = Some(inner.clone());
                        return Ok(());
                    }
                }
                Named::Other => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// What a key of an object is to the path.
enum Named<'p> {
    It,
    Above(&'p str),
    Other,
}

struct Name<'p>(&'p str);

impl<'de, 'p> DeserializeSeed<'de> for Name<'p> {
    type Value = Named<'p>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Named<'p>, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Name<'p> {
    type Value = Named<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Named<'p>, E> {
        Ok(match self.0.strip_prefix(name) {
            Some("") => Named::It,
            Some(rest) => rest.strip_prefix('.').map_or(Named::Other, Named::Above),
            None => Named::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_json_and_pairs() {
        let json =
            r#"{"level":"info","http":{"status":503,"path":"/x"},"ms":12.5,"user.id":"7","none":null}"#;
        let cases = [
            (json, "level", Some("info")),
            (json, "http.status", Some("503")),
            (json, "http.none", None),
            (json, "ms", Some("12.5")),
            (json, "user.id", Some("7")),
            (json, "none", None),
            (json, "lev", None),
            (r#"{"a":1, broken"#, "a", Some("1")),
            (r#"{"a":1, broken"#, "b", None),
            (r#"level=warn msg="say \"hi\"" try=5"#, "msg", Some(r#"say "hi""#)),
            (r#"level=warn msg="x" try=5"#, "try", Some("5")),
            ("GET /x?status=1 (status=200, ms=3)", "status", Some("200")),
            ("retry=5", "try", None),
            ("nothing", "x", None),
        ];
        for (line, path, wanted) in cases {
            assert_eq!(field(line, path).as_deref(), wanted, "{path} of {line}");
        }
    }
}
