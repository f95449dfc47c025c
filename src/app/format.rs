//! Short words for ages, amounts and moments.

use std::{borrow::Cow, time::Duration};

use crate::model::{Time, text};

/// How long, in at most four characters: `41s`, `4m`, `1h`, `6d`, `3y`.
pub fn age(length: Duration) -> String {
    let secs = length.as_secs();
    match secs {
        0..100 => format!("{secs}s"),
        100..6000 => format!("{}m", secs / 60),
        6000..172_800 => format!("{}h", secs / 3600),
        172_800..63_072_000 => format!("{}d", secs / 86_400),
        _ => format!("{}y", secs / 31_536_000),
    }
}

/// How long, as it was chosen: `15m`, `6h`, `1d`.
pub fn span(length: Duration) -> String {
    let secs = length.as_secs();
    match secs {
        0..60 => format!("{secs}s"),
        60..3600 => format!("{}m", secs / 60),
        3600..86_400 => format!("{}h", secs / 3600),
        _ => format!("{}d", secs / 86_400),
    }
}

/// What is left, as a clock below a day: `00:09:41`, and in days above: `13d`. Seconds only in the last hour.
pub fn left(length: Duration) -> String {
    let secs = length.as_secs();
    match secs {
        0..3600 => format!("{:02}:{:02}", secs / 60, secs % 60),
        3600..86_400 => format!("{}h{:02}m", secs / 3600, secs / 60 % 60),
        _ => format!("{}d", secs / 86_400),
    }
}

/// The time of day in UTC: `03:12`.
pub fn clock(at: Time) -> String {
    let minutes = at.secs().div_euclid(60).rem_euclid(1440);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The time of day in UTC with seconds: `03:12:44`.
pub fn clock_seconds(at: Time) -> String {
    format!("{}:{:02}", clock(at), at.secs().rem_euclid(60))
}

/// When, as seen from `now`: the time of day today, otherwise the date.
pub fn moment(at: Time, now: Time) -> String {
    if at.secs().div_euclid(86_400) == now.secs().div_euclid(86_400) {
        clock_seconds(at)
    } else {
        at.rfc3339().get(5..16).map_or_else(String::new, |s| s.replace('T', " "))
    }
}

/// When, in at most eight characters: the time of day today, otherwise the day: `20 Nov`.
pub fn day_or_time(at: Time, now: Time) -> String {
    if at.secs().div_euclid(86_400) == now.secs().div_euclid(86_400) {
        clock_seconds(at)
    } else {
        at.timestamp().strftime("%e %b").to_string()
    }
}

/// Millicores, in at most five characters: `250m`, `1.5`, `12`.
pub fn cpu(millicores: u32) -> String {
    match millicores {
        0..1000 => format!("{millicores}m"),
        1000..10_000 => format!("{}.{}", millicores / 1000, millicores % 1000 / 100),
        _ => format!("{}", millicores / 1000),
    }
}

/// Bytes, in at most five characters: `64Mi`, `1.5Gi`.
pub fn bytes(bytes: u64) -> String {
    const KI: u64 = 1 << 10;
    const MI: u64 = 1 << 20;
    const GI: u64 = 1 << 30;
    match bytes {
        0..KI => format!("{bytes}"),
        KI..MI => format!("{}Ki", bytes / KI),
        MI..GI => format!("{}Mi", bytes / MI),
        _ if bytes < 10 * GI => format!("{}.{}Gi", bytes / GI, bytes % GI * 10 / GI),
        _ => format!("{}Gi", bytes / GI),
    }
}

/// A count with separators: `10,000`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Text from outside on one line, safe to show.
pub fn line(text: &str) -> Cow<'_, str> {
    text::one_line(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words() {
        let s = Duration::from_secs;
        assert_eq!(
            [0, 99, 100, 5999, 6000, 172_800].map(|n| age(s(n))),
            ["0s", "99s", "1m", "99m", "1h", "2d"]
        );
        assert_eq!([581, 13_870, 100_000].map(|n| left(s(n))), ["09:41", "3h51m", "1d"]);
        assert_eq!([999, 1500, 12_000].map(cpu), ["999m", "1.5", "12"]);
        assert_eq!([512, 64 << 20, 3 << 29].map(bytes), ["512", "64Mi", "1.5Gi"]);
        assert_eq!([0, 999, 10_000, 1_234_567].map(count), ["0", "999", "10,000", "1,234,567"]);
    }

    #[test]
    fn moments() {
        let now: Time = "2026-11-21T03:12:44Z".parse().expect("a moment");
        assert_eq!(moment(now.minus(Duration::from_secs(60)), now), "03:11:44");
        assert_eq!(moment(now.minus(Duration::from_secs(86_400)), now), "11-20 03:12");
    }
}
