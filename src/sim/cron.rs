//! Schedules of five fields: what CronJobs, sync windows and Vault's rotations go by.

use std::time::Duration;

use jiff::{ToSpan, civil::DateTime, tz::TimeZone};

use crate::model::Time;

/// The smallest and largest number of each field.
const LIMITS: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// How many days are looked at for a next time.
const AHEAD: u32 = 5 * 366;

/// A schedule: minute, hour, day of month, month, day of week.
#[derive(Clone, Debug)]
pub(crate) struct Cron {
    text: String,
    fields: [Vec<bool>; 5],
    any_day: bool,
    any_weekday: bool,
}

impl Cron {
    /// Reads a schedule; none for one that is wrong.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let parts: &[&str; 5] = parts.as_slice().try_into().ok()?;
        let mut fields: [Vec<bool>; 5] = Default::default();
        for ((field, part), limits) in fields.iter_mut().zip(parts).zip(LIMITS) {
            *field = set_of(part, limits)?;
        }
        // `*/1` is a star still, `*/2` is not.
        let any = |part: &str| part.split(',').any(|part| matches!(part, "*" | "?" | "*/1" | "?/1"));
        Some(Self { text: text.to_owned(), fields, any_day: any(parts[2]), any_weekday: any(parts[4]) })
    }

    /// The schedule as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn is_on(&self, at: DateTime) -> bool {
        let has = |field: usize, value: i8| self.fields[field][value as usize];
        let (day, weekday) = (has(2, at.day()), has(4, at.weekday().to_sunday_zero_offset()));
        let day_ok = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        has(3, at.month()) && day_ok
    }

    /// Whether it strikes in the minute of `at`.
    pub(crate) fn strikes(&self, at: DateTime) -> bool {
        self.is_on(at) && self.fields[1][at.hour() as usize] && self.fields[0][at.minute() as usize]
    }

    /// When it strikes first after `after`, in UTC; none when that is years away.
    pub(crate) fn next(&self, after: Time) -> Option<Time> {
        let minute = Time::from_secs(after.secs().div_euclid(60) * 60).timestamp();
        let mut at = TimeZone::UTC.to_datetime(minute).checked_add(1.minute()).ok()?;
        for _ in 0..AHEAD {
            let date = at.date();
            while self.is_on(at) && at.date() == date {
                if self.strikes(at) {
                    return Some(Time::from_secs(at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()));
                }
                at = at.checked_add(1.minute()).ok()?;
            }
            if at.date() == date {
                at = date.tomorrow().ok()?.at(0, 0, 0, 0);
            }
        }
        None
    }

    /// When it struck last, at `now` or before; none when that is more than `within` ago.
    pub(crate) fn last(&self, now: Time, within: Duration) -> Option<Time> {
        let mut last = None;
        let mut from = now.minus(within);
        while let Some(next) = self.next(from).filter(|next| *next <= now) {
            (last, from) = (Some(next), next);
        }
        last
    }

    /// Whether it has struck within `length` before `now`, that moment included.
    pub(crate) fn began_within(&self, now: DateTime, length: Duration) -> bool {
        let Ok(start) = now.checked_sub(length) else { return true };
        let mut at = now.with().second(0).subsec_nanosecond(0).build().unwrap_or(now);
        while at > start {
            if !self.is_on(at) {
                let Ok(day_before) = at.date().at(0, 0, 0, 0).checked_sub(1.minute()) else { return false };
                at = day_before;
                continue;
            }
            if self.strikes(at) {
                return true;
            }
            let Ok(before) = at.checked_sub(1.minute()) else { return false };
            at = before;
        }
        false
    }
}

fn set_of(text: &str, (low, high): (u32, u32)) -> Option<Vec<bool>> {
    let mut set = vec![false; high as usize + 1];
    let value = |name: &str| {
        let named = |names: &[&str]| names.iter().position(|held| name.eq_ignore_ascii_case(held));
        let number = match high {
            12 => named(&MONTHS).map(|at| at as u32 + 1),
            6 => named(&WEEKDAYS).map(|at| at as u32),
            _ => None,
        };
        number.or_else(|| name.parse().ok()).filter(|number| (low..=high).contains(number))
    };
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or(Some((part, 1)), |(range, step)| {
            step.parse::<usize>().ok().filter(|step| *step > 0).map(|step| (range, step))
        })?;
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (low, high),
            Some((from, to)) => (value(from)?, value(to)?),
            None => (value(range)?, if part.contains('/') { high } else { value(range)? }),
        };
        if from > to {
            return None;
        }
        for at in (from..=to).step_by(step) {
            set[at as usize] = true;
        }
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// crontab(5), and robfig/cron where that leaves it open.
    #[test]
    fn schedules_strike_when_crontab_says() {
        let strikes = |schedule: &str, at: &str| Cron::parse(schedule).unwrap().strikes(at.parse().unwrap());
        assert!(strikes("*/15 * * * *", "2026-11-21T03:30:00"));
        assert!(!strikes("*/15 * * * *", "2026-11-21T03:31:00"));
        assert!(strikes("10 2 * * *", "2026-11-21T02:10:00"));
        assert!(strikes("0 6 * * 6", "2026-11-21T06:00:00"), "a Saturday");
        assert!(!strikes("0 6 * * 1-5", "2026-11-21T06:00:00"));
        assert!(strikes("0 6 1,15 * SAT", "2026-11-21T06:00:00"), "either day will do");
        assert!(strikes("0 6 */2 * 1", "2026-11-21T06:00:00"), "a star with a step is none");
        assert!(!strikes("0 6 * * 1", "2026-11-21T06:00:00"));
        for wrong in ["nonsense", "60 * * * *", "* * * * 7", "5-1 * * * *"] {
            assert!(Cron::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_next_and_the_last_time() {
        let at = |text: &str| -> Time { text.parse().unwrap() };
        let monthly = Cron::parse("0 20 20 * *").unwrap();
        assert_eq!(monthly.next(at("2026-11-21T03:12:44Z")), Some(at("2026-12-20T20:00:00Z")));
        assert_eq!(monthly.next(at("2026-11-20T19:59:59Z")), Some(at("2026-11-20T20:00:00Z")));
        assert_eq!(monthly.next(at("2026-11-20T20:00:00Z")), Some(at("2026-12-20T20:00:00Z")));
        let days = |n: u64| Duration::from_secs(n * 86_400);
        assert_eq!(monthly.last(at("2026-11-21T03:12:44Z"), days(40)), Some(at("2026-11-20T20:00:00Z")));
        assert_eq!(monthly.last(at("2026-11-20T19:00:00Z"), days(9)), None);
        assert_eq!(Cron::parse("0 0 30 2 *").unwrap().next(at("2026-11-20T20:00:00Z")), None);
    }
}
