//! Windows of time: once, or by a schedule.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use crate::model::{Cron, Time};

/// When something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freeze {
    /// Once.
    Between {
        /// The first moment.
        from: Time,
        /// The first moment after it.
        to: Time,
    },
    /// Whenever a schedule strikes, for a while.
    Each {
        /// The schedule.
        cron: Cron,
        /// For how long.
        duration: Duration,
        /// Whose clock strikes.
        zone: TimeZone,
    },
}

impl Freeze {
    /// The longest that a window of a schedule lasts.
    pub const LONGEST: Duration = Duration::from_secs(31 * 86_400);

    /// When it ends, if a moment is within it.
    pub fn end(&self, at: Time) -> Option<Time> {
        match self {
            Self::Between { from, to } => (*from <= at && at < *to).then_some(*to),
            Self::Each { cron, duration, zone } => {
                let minute = at.secs().div_euclid(60);
                let back = i64::try_from(duration.as_secs() / 60).unwrap_or(0);
                (0..=back).map(|ago| minute - ago).find_map(|m| {
                    let moment = Timestamp::from_second(m * 60).ok()?;
                    let end = Time::from(moment).plus(*duration);
                    (at < end && cron.strikes(zone.to_datetime(moment))).then_some(end)
                })
            }
        }
    }
}
