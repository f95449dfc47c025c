//! Amounts as one types them: durations, CPU, memory, counts and shares.

/// What an amount is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Limit {
    /// So much, in the unit of the column: seconds, millicores, bytes, or a count.
    Number(f64),
    /// So many of a hundred.
    Percent(f64),
    /// As many as there could be: `ready<all`.
    All,
    /// So many of so many: `ready=1/2`.
    Part(f64, f64),
}

/// Seconds of a duration: `90s`, `10m`, `1h30m`, `2d`, `1w`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let (number, after) = number(rest)?;
        let unit = match after.chars().next()? {
            's' => 1.0,
            'm' => 60.0,
            'h' => 3600.0,
            'd' => 86_400.0,
            'w' => 604_800.0,
            'y' => 31_536_000.0,
            _ => return None,
        };
        sum += number * unit;
        rest = &after[1..];
    }
    (!text.is_empty()).then_some(sum)
}

/// Millicores: `500m`, `2`, `0.5`.
pub(super) fn millicores(text: &str) -> Option<f64> {
    match number(text)? {
        (cores, "") => Some(cores * 1000.0),
        (millis, "m") => Some(millis),
        _ => None,
    }
}

/// Bytes: `512Mi`, `1Gi`, `1.5GiB`, `100M`, `2048`; the case does not matter.
pub(super) fn bytes(text: &str) -> Option<f64> {
    let (number, unit) = number(text)?;
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (letter, base) = unit.strip_suffix('i').map_or((unit, 1000.0_f64), |letter| (letter, 1024.0));
    let power = match letter {
        "" if base < 1024.0 => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    Some(number * base.powi(power))
}

/// A quantity as Kubernetes writes it: `0.5`, `500m`, `2k`, `1Gi`.
pub(super) fn quantity(text: &str) -> Option<f64> {
    match number(text)? {
        (millis, "m") => Some(millis / 1000.0),
        _ => bytes(text),
    }
}

/// A plain number.
pub(super) fn plain(text: &str) -> Option<f64> {
    number(text).filter(|(_, rest)| rest.is_empty()).map(|(n, _)| n)
}

/// A share: `80%`.
pub(super) fn percent(text: &str) -> Option<f64> {
    plain(text.strip_suffix('%')?)
}

/// `1/2`.
pub(super) fn part(text: &str) -> Option<(f64, f64)> {
    let (some, all) = text.split_once('/')?;
    Some((plain(some)?, plain(all)?))
}

/// What the cell of a server's own table amounts to: a count, how many of how many, a size or a duration.
pub(super) fn any(text: &str) -> Option<f64> {
    let text = text.split([' ', '/', '(']).next().unwrap_or(text);
    plain(text)
        .or_else(|| seconds(text).filter(|_| text.ends_with(['s', 'h', 'd', 'm'])))
        .or_else(|| bytes(text))
}

/// The number that a text begins with, and what follows.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_kubernetes_and_people_write_them() {
        let close = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-6);
        assert!(
            close(seconds("90s"), 90.0)
                && close(seconds("1h30m"), 5400.0)
                && close(seconds("1.5d"), 129_600.0)
        );
        assert!(["", "90", "h", "1x", "1h5", "-1h"].iter().all(|t| seconds(t).is_none()));
        assert!(
            close(millicores("500m"), 500.0)
                && close(millicores("0.5"), 500.0)
                && close(millicores("2"), 2000.0)
        );
        assert!(["", "m", "1Gi", "50%"].iter().all(|t| millicores(t).is_none()));
        assert!(close(bytes("1Gi"), 1_073_741_824.0) && close(bytes("512mib"), 536_870_912.0));
        assert!(close(bytes("100M"), 1e8) && close(bytes("2048"), 2048.0) && close(bytes("12B"), 12.0));
        assert!(["", "Gi", "1i", "1x", "1.2.3"].iter().all(|t| bytes(t).is_none()));
        assert!(
            close(quantity("500m"), 0.5) && close(quantity("2k"), 2000.0) && close(quantity("0.95"), 0.95)
        );
        assert!(close(quantity("1Gi"), 1_073_741_824.0) && quantity("2h").is_none());
        assert!(close(percent("80%"), 80.0) && percent("80").is_none());
        assert_eq!(part("1/2"), Some((1.0, 2.0)));
        assert!(
            close(any("3/4"), 3.0) && close(any("12 (3d ago)"), 12.0) && close(any("10Gi"), 10_737_418_240.0)
        );
        assert!(close(any("5d"), 432_000.0) && close(any("10m"), 600.0) && any("<none>").is_none());
    }
}
