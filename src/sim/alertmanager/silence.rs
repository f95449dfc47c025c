//! Silences: made, changed, ended.

use super::{Labels, Matcher};
use crate::model::Time;

/// A silence.
#[derive(Clone, Debug)]
pub struct Silence {
    /// A UUID.
    pub id: String,
    /// What it mutes.
    pub matchers: Vec<Matcher>,
    /// From when.
    pub starts: Time,
    /// Until when.
    pub ends: Time,
    /// When it was last changed.
    pub updated: Time,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// Whether a silence mutes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceState {
    /// It mutes.
    Active,
    /// It will.
    Pending,
    /// It no longer does.
    Expired,
}

impl SilenceState {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

/// A silence as someone wants it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The silence to change; empty for a new one.
    pub id: String,
    /// What it shall mute.
    pub matchers: Vec<Matcher>,
    /// From when.
    pub starts: Time,
    /// Until when.
    pub ends: Time,
    /// By whom.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

/// Why a silence is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SilenceError {
    /// There is none of that id.
    Unknown,
    /// It is not well formed; the text is the server's.
    Invalid(&'static str),
}

impl Silence {
    /// Whether it mutes at that moment.
    pub fn state(&self, now: Time) -> SilenceState {
        if self.ends <= now {
            SilenceState::Expired
        } else if self.starts > now {
            SilenceState::Pending
        } else {
            SilenceState::Active
        }
    }

    /// Whether it is about an alert with these labels.
    pub fn covers(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }

    /// Whether it has a matcher like this one.
    pub fn fits(&self, filter: &Matcher) -> bool {
        let own = self.matchers.iter().find(|matcher| matcher.name == filter.name);
        filter.takes(own.map_or("", |matcher| &matcher.value))
    }

    pub(super) fn expire(&mut self, now: Time) {
        if self.state(now) == SilenceState::Expired {
            return;
        }
        self.starts = self.starts.min(now);
        (self.ends, self.updated) = (now, now);
    }

    /// Whether a change keeps the id; Alertmanager's `canUpdate`.
    fn takes(&self, draft: &Draft, now: Time) -> bool {
        let same = self.matchers == draft.matchers;
        same && match self.state(now) {
            SilenceState::Active => self.starts == draft.starts && draft.ends >= now,
            SilenceState::Pending => draft.starts >= now,
            SilenceState::Expired => false,
        }
    }
}

/// The moment in whole milliseconds, as the API writes and reads it.
fn in_millis(at: Time) -> Time {
    Time::from_millis(at.millis())
}

pub(super) fn put(
    silences: &mut Vec<Silence>,
    draft: Draft,
    now: Time,
    rng: &mut fastrand::Rng,
) -> Result<String, SilenceError> {
    if draft.starts >= draft.ends {
        return Err(SilenceError::Invalid("Failed to create silence: start time must be before end time"));
    }
    if draft.ends < now {
        return Err(SilenceError::Invalid("Failed to create silence: end time can't be in the past"));
    }
    let now = in_millis(now);
    if !draft.id.is_empty() {
        let held = silences.iter_mut().find(|silence| silence.id == draft.id);
        let held = held.ok_or(SilenceError::Unknown)?;
        if held.takes(&draft, now) {
            (held.starts, held.ends, held.updated) = (draft.starts, draft.ends, now);
            (held.created_by, held.comment) = (draft.created_by, draft.comment);
            return Ok(draft.id);
        }
        held.expire(now);
    }
    let id = uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid().to_string();
    silences.push(Silence {
        id: id.clone(),
        matchers: draft.matchers,
        starts: draft.starts.max(now),
        ends: draft.ends,
        updated: now,
        created_by: draft.created_by,
        comment: draft.comment,
    });
    Ok(id)
}
