//! A request to the simulated Vault, its answer and its refusal, in the shapes that OpenBao 2.7 uses.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// What a request wants to do with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// GET.
    Read,
    /// LIST, or GET with `?list=true`.
    List,
    /// SCAN: a list through all levels (OpenBao only).
    Scan,
    /// PUT or POST.
    Write,
    /// PATCH with a JSON merge patch.
    Patch,
    /// DELETE.
    Delete,
}

/// One request, without its transport.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to do.
    pub op: Op,
    /// The path below `/v1/`, decoded.
    pub path: String,
    /// The query parameters.
    pub query: Vec<(String, String)>,
    /// The fields of the JSON body.
    pub body: Map<String, Value>,
    /// The client's token.
    pub token: Option<String>,
    /// `X-Vault-Namespace`.
    pub namespace: Option<String>,
    /// `X-Vault-Wrap-TTL`: wrap the answer for so long.
    pub wrap: Option<Duration>,
    /// The content type of the body.
    pub content_type: String,
}

impl Request {
    /// A request with only an operation, a path and a token.
    pub fn new(op: Op, path: &str, token: &str) -> Self {
        Self {
            op,
            path: path.to_owned(),
            query: Vec::new(),
            body: Map::new(),
            token: Some(token.to_owned()),
            namespace: None,
            wrap: None,
            content_type: "application/json".into(),
        }
    }

    /// The same request with a body.
    pub fn with(mut self, body: Value) -> Self {
        if let Value::Object(fields) = body {
            self.body = fields;
        }
        self
    }

    /// A text from the body or the query.
    pub fn text(&self, key: &str) -> Option<&str> {
        let query = || self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        self.body.get(key).and_then(Value::as_str).or_else(query)
    }

    /// Whether a field is true, as a boolean or as a text.
    pub fn flag(&self, key: &str) -> bool {
        self.body.get(key).and_then(Value::as_bool).unwrap_or_else(|| self.text(key) == Some("true"))
    }

    /// A whole number, also when written as a text.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.body.get(key).and_then(Value::as_u64).or_else(|| self.text(key)?.parse().ok())
    }

    /// A duration in seconds, given as a number or as `90s`, `1h30m`, `2d`.
    pub fn seconds(&self, key: &str) -> Result<Option<u64>, Refusal> {
        let held = match self.body.get(key) {
            None => self.text(key).map(|text| (text.to_owned(), parse_seconds(text))),
            Some(Value::Null) => None,
            Some(Value::String(text)) => Some((text.clone(), parse_seconds(text))),
            Some(value) => Some((value.to_string(), value.as_u64())),
        };
        match held {
            None => Ok(None),
            Some((_, Some(seconds))) => Ok(Some(seconds)),
            Some((text, None)) => Err(Refusal::new(
                400,
                format!("error converting input for field {key:?}: time: invalid duration {text:?}"),
            )),
        }
    }

    /// A list of texts, also when written as one text with commas.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        match self.body.get(key)? {
            Value::Array(values) => {
                Some(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
            }
            Value::String(text) => {
                Some(text.split(',').map(|part| part.trim().to_owned()).filter(|p| !p.is_empty()).collect())
            }
            _ => None,
        }
    }
}

/// What a request that was let through gets.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The usual envelope.
    Secret(Box<Secret>),
    /// 204.
    Nothing,
    /// A bare body with its status.
    Raw(u16, Value),
    /// A body that is no JSON, with its content type.
    Bytes(&'static str, String),
}

/// The usual envelope.
#[derive(Clone, Debug, Default)]
pub struct Secret {
    /// `data`.
    pub data: Value,
    /// `auth`.
    pub auth: Value,
    /// `lease_id`, `lease_duration` in seconds, `renewable`.
    pub lease: Option<(String, u64, bool)>,
    /// `warnings`.
    pub warnings: Vec<String>,
    /// `wrap_info`.
    pub wrap_info: Value,
    /// Whether the data stands beside the envelope's fields too, as old `sys` paths do it.
    pub mirrored: bool,
    /// Whether it is a 404 that still says something.
    pub missing: bool,
}

impl Secret {
    /// The body, with the fields in the server's order.
    pub fn body(&self, request_id: &str) -> Value {
        let mut body = Map::new();
        if let (true, Value::Object(data)) = (self.mirrored, &self.data) {
            body.extend(data.clone());
        }
        let (lease_id, duration, renewable) = self.lease.clone().unwrap_or_default();
        let wrapped = !self.wrap_info.is_null();
        body.insert("request_id".into(), json!(if wrapped { "" } else { request_id }));
        body.insert("lease_id".into(), json!(lease_id));
        body.insert("renewable".into(), json!(renewable));
        body.insert("lease_duration".into(), json!(duration));
        body.insert("data".into(), self.data.clone());
        body.insert("wrap_info".into(), self.wrap_info.clone());
        body.insert(
            "warnings".into(),
            if self.warnings.is_empty() { Value::Null } else { json!(self.warnings) },
        );
        body.insert("auth".into(), self.auth.clone());
        Value::Object(body)
    }
}

impl Answer {
    /// An envelope with data.
    pub fn data(data: Value) -> Self {
        Self::Secret(Box::new(Secret { data, ..Secret::default() }))
    }

    /// An envelope whose data stands beside it too.
    pub fn mirrored(data: Value) -> Self {
        Self::Secret(Box::new(Secret { data, mirrored: true, ..Secret::default() }))
    }

    /// An envelope with an `auth` block.
    pub fn auth(auth: Value) -> Self {
        Self::Secret(Box::new(Secret { auth, ..Secret::default() }))
    }

    /// A list of keys; an empty one is a 404.
    pub fn keys(keys: Vec<String>) -> Result<Self, Refusal> {
        if keys.is_empty() { Err(Refusal::missing()) } else { Ok(Self::data(json!({ "keys": keys }))) }
    }
}

/// What a refused request gets: a status and `{"errors": [...]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The texts.
    pub errors: Vec<String>,
}

impl Refusal {
    /// A refusal with one text.
    pub fn new(status: u16, error: impl Into<String>) -> Self {
        Self { status, errors: vec![error.into()] }
    }

    /// A refusal with one text in the frame that Go's multierror gives it.
    pub fn framed(status: u16, error: &str) -> Self {
        Self::new(status, framed(error))
    }

    /// 404 without a word: nothing there, or an empty list.
    pub fn missing() -> Self {
        Self { status: 404, errors: Vec::new() }
    }

    /// 403 because a policy does not allow it.
    pub fn denied() -> Self {
        Self::framed(403, "permission denied")
    }

    /// 405: the path is there, but not for this operation.
    pub fn unsupported_operation() -> Self {
        Self::framed(405, "unsupported operation")
    }

    /// 404: the engine has no such path.
    pub fn unsupported_path() -> Self {
        Self::framed(404, "unsupported path")
    }
}

/// A text in the frame of Go's multierror.
pub fn framed(error: &str) -> String {
    format!("1 error occurred:\n\t* {error}\n\n")
}

/// Reads `90`, `90s`, `1h30m`, `2d` as seconds.
pub fn parse_seconds(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let (mut total, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let each = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(each)?)?;
        rest = &rest[digits + 1..];
    }
    (!text.is_empty()).then_some(total)
}

/// Writes seconds as Go writes a duration: `3h0m0s`, `1m5s`, `0s`.
pub fn go_duration(seconds: u64) -> String {
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (h, m) {
        (0, 0) => format!("{s}s"),
        (0, _) => format!("{m}m{s}s"),
        _ => format!("{h}h{m}m{s}s"),
    }
}

/// The same without the zeros at its end: `100h`, `14m58s`.
pub fn short_duration(seconds: u64) -> String {
    let long = go_duration(seconds);
    let short = long.strip_suffix("0s").filter(|s| s.ends_with('m')).unwrap_or(&long);
    short.strip_suffix("0m").filter(|s| s.ends_with('h')).unwrap_or(short).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print_as_the_server_does() {
        assert_eq!(parse_seconds("1h30m"), Some(5_400));
        assert_eq!(parse_seconds("5m"), Some(300));
        assert_eq!(parse_seconds("90"), Some(90));
        assert_eq!(parse_seconds("soon"), None);
        assert_eq!(go_duration(10_800), "3h0m0s");
        assert_eq!((short_duration(360_000), short_duration(898)), ("100h".into(), "14m58s".into()));
    }
}
