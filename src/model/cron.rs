//! Schedules of five fields, as robfig/cron v3 reads them: Argo CD's sync windows, Vault's rotations, freezes.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::Time;

/// Minutes of a day.
const DAY: i64 = 1440;
/// How far a next time is looked for, in days; beyond that the schedule counts as one that never strikes.
const LONGEST: i64 = 5 * 366;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A schedule: what each field allows, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether a day that only one of `days` and `weekdays` allows will do: when neither is a star.
    either: bool,
}

impl Cron {
    /// Reads a schedule; none for what the servers would refuse, and for one with a time zone of its own.
    pub fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return None };
        let (days, any_day) = field(day, 1, 31, &[])?;
        let (weekdays, any_weekday) = field(weekday, 0, 6, &WEEKDAYS)?;
        Some(Self {
            minutes: field(minute, 0, 59, &[])?.0,
            hours: field(hour, 0, 23, &[])?.0,
            days,
            months: field(month, 1, 12, &MONTHS)?.0,
            weekdays,
            either: !any_day && !any_weekday,
        })
    }

    /// Whether it strikes in the minute of `at`.
    pub fn strikes(&self, at: DateTime) -> bool {
        self.on(at.date()) && has(self.hours, at.hour()) && has(self.minutes, at.minute())
    }

    /// When it strikes first after `after`, in UTC; none when it does not within five years.
    pub fn next(&self, after: Time) -> Option<Time> {
        let first = after.secs().div_euclid(60) + 1;
        let (today, mut minute) = (first.div_euclid(DAY), first.rem_euclid(DAY));
        for day in today..=today + LONGEST {
            let date = TimeZone::UTC.to_datetime(Timestamp::from_second(day * 60 * DAY).ok()?).date();
            let at = |m: &i64| has(self.hours, m / 60) && has(self.minutes, m % 60);
            if self.on(date)
                && let Some(found) = (minute..DAY).find(at)
            {
                return Some(Time::from_secs((day * DAY + found) * 60));
            }
            minute = 0;
        }
        None
    }

    fn on(&self, date: Date) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        has(self.months, date.month()) && if self.either { day || weekday } else { day && weekday }
    }
}

fn has(set: u64, n: impl Into<i64>) -> bool {
    set >> n.into() & 1 == 1
}

/// The numbers that a field allows, as bits, and whether it is a star: every number, without a step.
fn field(text: &str, low: u32, high: u32, names: &[&str]) -> Option<(u64, bool)> {
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        named.map_or_else(|| text.parse().ok(), |n| u32::try_from(n).ok().map(|n| n + low))
    };
    let (mut set, mut star) = (0, false);
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let every: usize = step.map_or(Some(1), |step| step.parse().ok()).filter(|every| *every > 0)?;
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => {
                star |= every == 1;
                (low, high)
            }
            Some((from, to)) => (number(from)?, number(to)?),
            // `5/15` goes on to the end.
            None => (number(range)?, if step.is_some() { high } else { number(range)? }),
        };
        if from < low || to > high || from > to {
            return None;
        }
        for n in (from..=to).step_by(every) {
            set |= 1 << n;
        }
    }
    Some((set, star))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        let cron = Cron::parse(schedule).expect(schedule);
        cron.next(after.parse().expect("a moment")).map_or("never".into(), Time::rfc3339)
    }

    /// Expected values from robfig/cron v3.0.1, `spec_test.go` (`TestNext`), its times read as UTC.
    #[test]
    fn strikes_when_the_servers_library_does() {
        for (after, schedule, expected) in [
            ("2012-07-09T14:45:00Z", "0/15 * * * *", "2012-07-09T15:00:00Z"),
            ("2012-07-09T14:59:59Z", "0/15 * * * *", "2012-07-09T15:00:00Z"),
            ("2012-07-09T15:45:00Z", "20-35/15 * * * *", "2012-07-09T16:20:00Z"),
            ("2012-07-09T23:46:00Z", "*/15 * * * *", "2012-07-10T00:00:00Z"),
            ("2012-07-09T23:45:00Z", "20-35/15 * * * *", "2012-07-10T00:20:00Z"),
            ("2012-07-09T23:35:51Z", "20-35/15 1/2 * * *", "2012-07-10T01:20:00Z"),
            ("2012-07-09T23:35:51Z", "20-35/15 10-12 * * *", "2012-07-10T10:20:00Z"),
            ("2012-07-09T23:35:51Z", "20-35/15 1/2 */2 * *", "2012-07-11T01:20:00Z"),
            ("2012-07-09T23:35:51Z", "20-35/15 * 9-20 * *", "2012-07-10T00:20:00Z"),
            ("2012-07-09T23:35:51Z", "20-35/15 * 9-20 Jul *", "2012-07-10T00:20:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 9 Apr-Oct ?", "2012-08-09T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 */5 Apr,Aug,Oct Mon", "2012-08-01T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 */5 Oct Mon", "2012-10-01T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 * Feb Mon", "2013-02-04T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 * Feb Mon/2", "2013-02-01T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 29 Feb ?", "2016-02-29T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 30 Feb ?", "never"),
            ("2012-07-09T23:35:00Z", "0 0 31 Apr ?", "never"),
        ] {
            assert_eq!(next(schedule, after), expected, "{schedule}");
        }
    }

    /// The same library, `TestActivation`: a day of the month and one of the week.
    #[test]
    fn days_of_month_and_week_join_unless_one_is_a_star() {
        for (at, schedule, expected) in [
            ("2012-07-15T00:00:00", "* * 1,15 * Sun", true),
            ("2012-06-15T00:00:00", "* * 1,15 * Sun", true),
            ("2012-08-01T00:00:00", "* * 1,15 * Sun", true),
            ("2012-07-15T00:00:00", "* * */10 * Sun", true),
            ("2012-07-15T00:00:00", "* * * * Mon", false),
            ("2012-07-09T00:00:00", "* * 1,15 * *", false),
            ("2012-07-15T00:00:00", "* * 1,15 * *", true),
            ("2012-07-15T00:00:00", "* * */2 * Sun", true),
        ] {
            let cron = Cron::parse(schedule).expect(schedule);
            assert_eq!(cron.strikes(at.parse().expect("a moment")), expected, "{at} {schedule}");
        }
    }

    #[test]
    fn what_the_servers_refuse_is_not_read() {
        for schedule in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* * 0 * *",
            "* * * * 7",
            "5-1 * * * *",
            "*/0 * * * *",
            "x * * * *",
        ] {
            assert!(Cron::parse(schedule).is_none(), "{schedule}");
        }
    }
}
