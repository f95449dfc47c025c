//! Lays out `Key:  value` lines, maps and conditions.

use std::time::Duration;

use serde_json::Value;

use crate::model::Time;

/// Width of the column of names.
const NAMES: usize = 18;

/// A text under way.
pub(super) struct Sheet {
    out: String,
    indent: usize,
    now: Time,
}

impl Sheet {
    pub(super) fn new(now: Time) -> Self {
        Self { out: String::new(), indent: 0, now }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// A line as it is.
    pub(super) fn raw(&mut self, line: &str) {
        self.out.push_str(&" ".repeat(self.indent));
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// `Name:` alone, for what follows indented.
    pub(super) fn head(&mut self, name: &str) {
        self.raw(&format!("{name}:"));
    }

    /// `Name:   value`.
    pub(super) fn line(&mut self, name: &str, value: &str) {
        let width = NAMES.saturating_sub(self.indent);
        self.raw(format!("{:<width$} {}", format!("{name}:"), value).trim_end());
    }

    /// The same when there is a value.
    pub(super) fn some(&mut self, name: &str, value: &Value) {
        if !value.is_null() && value != "" {
            self.line(name, &plain(value));
        }
    }

    /// A moment with its age.
    pub(super) fn moment(&mut self, name: &str, value: &Value) {
        match value.as_str().and_then(|v| v.parse().ok()) {
            Some(at) => self.line(name, &format!("{} ({} ago)", text(value), self.age(at))),
            None => self.some(name, value),
        }
    }

    /// How long ago, as kubectl writes it: `3d4h`, `5m12s`.
    pub(super) fn age(&self, at: Time) -> String {
        short(self.now.since(at))
    }

    /// What `body` writes, indented.
    pub(super) fn nested(&mut self, by: usize, body: impl FnOnce(&mut Self)) {
        self.indent += by;
        body(self);
        self.indent -= by;
    }

    /// A map, one entry a line.
    pub(super) fn map(&mut self, name: &str, map: &Value, keep: impl Fn(&str) -> bool) {
        let entries = map.as_object().into_iter().flatten().filter(|(key, _)| keep(key));
        let mut shown = name;
        for (key, value) in entries {
            let label = if shown.is_empty() { String::new() } else { format!("{shown}:") };
            let width = NAMES.saturating_sub(self.indent);
            let value = plain(value);
            self.raw(&format!("{label:<width$} {key}={value}"));
            shown = "";
        }
    }

    /// Conditions with reason, age and message.
    pub(super) fn conditions(&mut self, conditions: &Value) {
        let Some(all) = conditions.as_array().filter(|c| !c.is_empty()) else { return };
        self.head("Conditions");
        for condition in all {
            let age =
                condition["lastTransitionTime"].as_str().and_then(|t| t.parse().ok()).map(|t| self.age(t));
            let words = [text(&condition["reason"]), text(&condition["message"])];
            let words: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
            let row = format!(
                "  {:<26} {:<8} {:>6}  {}",
                text(&condition["type"]),
                text(&condition["status"]),
                age.unwrap_or_default(),
                words.join(": ")
            );
            self.raw(row.trim_end());
        }
    }
}

/// A string, or nothing.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A scalar without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// `progressDeadlineSeconds` as `Progress Deadline Seconds`.
pub(super) fn title(field: &str) -> String {
    let letters: Vec<char> = field.chars().collect();
    let mut out = String::new();
    for (n, c) in letters.iter().enumerate() {
        if n == 0 {
            out.extend(c.to_uppercase());
            continue;
        }
        // A word begins at a capital after a small letter, or before one: `podCIDR`, `noIPAddress`.
        let before = letters[n - 1].is_lowercase();
        let after = letters.get(n + 1).is_some_and(|next| next.is_lowercase() && *next != 's');
        if c.is_uppercase() && (before || after) {
            out.push(' ');
        }
        out.push(*c);
    }
    out
}

fn short(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..120 => format!("{s}s"),
        120..600 => pair(s / 60, 'm', s % 60, 's'),
        600..10_800 => format!("{}m", s / 60),
        10_800..28_800 => pair(s / 3600, 'h', s % 3600 / 60, 'm'),
        28_800..172_800 => format!("{}h", s / 3600),
        172_800..691_200 => pair(s / 86_400, 'd', s % 86_400 / 3600, 'h'),
        _ => format!("{}d", s / 86_400),
    }
}

fn pair(a: u64, unit: char, b: u64, minor: char) -> String {
    if b == 0 { format!("{a}{unit}") } else { format!("{a}{unit}{b}{minor}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from apimachinery, `util/duration/duration_test.go`.
    #[test]
    fn ages_as_kubectl_writes_them() {
        for (seconds, expected) in [
            (1, "1s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (3 * 60 + 7, "3m7s"),
            (10 * 60, "10m"),
            (3 * 3600 - 1, "179m"),
            (3 * 3600, "3h"),
            (8 * 3600 - 1, "7h59m"),
            (8 * 3600, "8h"),
            (48 * 3600, "2d"),
            (48 * 3600 + 3600, "2d1h"),
            (8 * 86_400, "8d"),
        ] {
            assert_eq!(short(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn titles() {
        for (field, expected) in [
            ("progressDeadlineSeconds", "Progress Deadline Seconds"),
            ("podCIDR", "Pod CIDR"),
            ("providerID", "Provider ID"),
            ("clusterIPs", "Cluster IPs"),
            ("externalIPAddress", "External IP Address"),
        ] {
            assert_eq!(title(field), expected);
        }
    }
}
