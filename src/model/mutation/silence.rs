//! What may be changed in an Alertmanager's silences, in the words of its API.

use std::{fmt, time::Duration};

use crate::model::{Key, Matcher, Str, Time};

/// One request that makes or changes a silence.
#[derive(Clone, Debug, PartialEq)]
pub struct SilenceChange {
    /// The alert that is to be muted, or the silence that is changed.
    pub target: Key,
    /// The action's id. A silence that is made bears it at the end of its comment.
    pub action: Str,
    /// What is done.
    pub edit: SilenceEdit,
}

/// What is done to a silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SilenceEdit {
    /// Makes one that begins now.
    Create {
        /// What it mutes.
        matchers: Vec<Matcher>,
        /// How long.
        lasts: Duration,
        /// Who makes it.
        by: Str,
        /// Why.
        comment: Str,
    },
    /// Has it end later.
    Extend {
        /// When it was last changed, as confirmed; the request is not sent when it was changed since.
        updated: Time,
        /// The new end.
        until: Time,
    },
    /// Ends it now.
    Expire {
        /// When it was last changed, as confirmed; the request is not sent when it was changed since.
        updated: Time,
    },
}

impl fmt::Display for SilenceChange {
    /// The request without the API's prefix: `POST /silences {alertname="X", 120 min, by nadia}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.target.name;
        match &self.edit {
            SilenceEdit::Create { matchers, lasts, by, .. } => {
                f.write_str("POST /silences {")?;
                for matcher in matchers {
                    write!(f, "{matcher}, ")?;
                }
                write!(f, "{} min, by {by}}}", lasts.as_secs().div_ceil(60))
            }
            SilenceEdit::Extend { until, .. } => {
                write!(f, "POST /silences {{id: {id}, endsAt: {}}}", until.rfc3339())
            }
            SilenceEdit::Expire { .. } => write!(f, "DELETE /silence/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Source};

    #[test]
    fn requests_read_as_the_api_has_them() {
        let said = |edit| {
            let target = Key::new(Source(0), Kind::Silence, "", "5bc45f90");
            SilenceChange { target, action: "a".into(), edit }.to_string()
        };
        let matcher =
            Matcher { name: "alertname".into(), value: "X".into(), is_regex: false, is_equal: true };
        assert_eq!(
            said(SilenceEdit::Create {
                matchers: vec![matcher],
                lasts: Duration::from_secs(7200),
                by: "nadia".into(),
                comment: "".into()
            }),
            r#"POST /silences {alertname="X", 120 min, by nadia}"#
        );
        assert_eq!(said(SilenceEdit::Expire { updated: Time::default() }), "DELETE /silence/5bc45f90");
    }
}
