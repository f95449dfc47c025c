//! How many colours a terminal has, and the nearest of them.

use ratatui::style::Color;

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: `NO_COLOR`, `TERM=dumb`.
    None,
    /// The 16 of ANSI.
    Ansi,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

impl Depth {
    /// What the environment's variables say; `get` reads one.
    ///
    /// `NO_COLOR` wins, then `CLICOLOR_FORCE`. `COLORTERM` does not come through SSH, so that terminals known to have
    /// 24 bits are told by their name too; GNU screen passes it on but has 256 at most.
    pub fn of_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        const TRUE: [&str; 6] = ["-direct", "kitty", "alacritty", "wezterm", "ghostty", "foot"];
        let set = |name: &str| get(name).filter(|v| !v.is_empty());
        let term = set("TERM").unwrap_or_default();
        let forced = set("CLICOLOR_FORCE").is_some_and(|v| v != "0");
        if set("NO_COLOR").is_some() || (matches!(&*term, "dumb" | "") || term.starts_with("vt")) && !forced {
            return Self::None;
        }
        let named = set("COLORTERM").is_some_and(|v| v == "truecolor" || v == "24bit");
        if term.starts_with("linux") {
            Self::Ansi
        } else if set("STY").is_none() && (named || TRUE.iter().any(|t| term.contains(t))) {
            Self::True
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Ansi
        }
    }

    /// The colour, or the nearest that this depth has.
    pub fn fit(self, color: Color) -> Option<Color> {
        match self {
            Self::None => None,
            Self::True => Some(color),
            Self::Indexed => Some(match color {
                Color::Rgb(r, g, b) => Color::Indexed(nearest_indexed(r, g, b)),
                other => other,
            }),
            Self::Ansi => Some(match color {
                Color::Rgb(r, g, b) => nearest_ansi(r, g, b),
                Color::Indexed(n) if n >= 16 => {
                    let (r, g, b) = indexed_rgb(n);
                    nearest_ansi(r, g, b)
                }
                other => other,
            }),
        }
    }
}

/// The names of the 16 colours, and `default`, as theme files write them.
const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

/// Reads `#rrggbb`, a name of the 16 colours, or a number of the 256.
pub fn parse_color(text: &str) -> Option<Color> {
    if let Some(hex) = text.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6)?;
        return Some(Color::Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8));
    }
    if let Ok(number) = text.parse::<u8>() {
        return Some(Color::Indexed(number));
    }
    NAMED.iter().find(|(name, _)| *name == text).map(|(_, c)| *c)
}

/// Whether a colour is one of the terminal's own: the sixteen, or what it has where there is none.
pub(super) const fn is_ansi(color: Color) -> bool {
    !matches!(color, Color::Rgb(..) | Color::Indexed(16..))
}

/// What a colour is made of; nothing for those that the terminal decides.
pub(super) fn rgb(color: Color) -> Option<(u8, u8, u8)> {
    match color {
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(n) if n >= 16 => Some(indexed_rgb(n)),
        _ => None,
    }
}

/// The steps of xterm's colour cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What a colour of the cube or the greys is made of.
pub(super) fn indexed_rgb(n: u8) -> (u8, u8, u8) {
    if n >= 232 {
        let grey = 8 + 10 * (n - 232);
        return (grey, grey, grey);
    }
    let n = n.saturating_sub(16);
    (STEPS[usize::from(n / 36)], STEPS[usize::from(n / 6 % 6)], STEPS[usize::from(n % 6)])
}

/// How far two colours are from each other, in no unit.
pub(super) fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let d = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    2 * d(a.0, b.0) + 4 * d(a.1, b.1) + 3 * d(a.2, b.2)
}

/// The nearest of the 240 that every terminal shows alike.
pub(super) fn nearest_indexed(r: u8, g: u8, b: u8) -> u8 {
    (16..=255).min_by_key(|n| distance((r, g, b), indexed_rgb(*n))).unwrap_or(16)
}

fn nearest_ansi(r: u8, g: u8, b: u8) -> Color {
    // What xterm shows for them.
    const ANSI: [(Color, (u8, u8, u8)); 16] = [
        (Color::Black, (0, 0, 0)),
        (Color::Red, (205, 0, 0)),
        (Color::Green, (0, 205, 0)),
        (Color::Yellow, (205, 205, 0)),
        (Color::Blue, (0, 0, 238)),
        (Color::Magenta, (205, 0, 205)),
        (Color::Cyan, (0, 205, 205)),
        (Color::Gray, (229, 229, 229)),
        (Color::DarkGray, (127, 127, 127)),
        (Color::LightRed, (255, 80, 80)),
        (Color::LightGreen, (0, 255, 0)),
        (Color::LightYellow, (255, 255, 0)),
        (Color::LightBlue, (92, 92, 255)),
        (Color::LightMagenta, (255, 0, 255)),
        (Color::LightCyan, (0, 255, 255)),
        (Color::White, (255, 255, 255)),
    ];
    ANSI.iter().min_by_key(|(_, c)| distance((r, g, b), *c)).map_or(Color::Reset, |(c, _)| *c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths() {
        let with = |pairs: &[(&str, &str)]| {
            Depth::of_environment(|n| pairs.iter().find(|(k, _)| *k == n).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(with(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Depth::True);
        assert_eq!(with(&[("TERM", "linux")]), Depth::Ansi);
        assert_eq!(with(&[("TERM", "linux"), ("COLORTERM", "truecolor")]), Depth::Ansi);
        assert_eq!(with(&[("TERM", "screen")]), Depth::Ansi);
        assert_eq!(with(&[("TERM", "screen-256color")]), Depth::Indexed);
        assert_eq!(
            with(&[("TERM", "screen-256color"), ("STY", "1"), ("COLORTERM", "truecolor")]),
            Depth::Indexed
        );
        assert_eq!(with(&[("TERM", "tmux-256color")]), Depth::Indexed);
        assert_eq!(with(&[("TERM", "tmux-256color"), ("COLORTERM", "truecolor")]), Depth::True);
        assert_eq!(with(&[("TERM", "xterm-kitty")]), Depth::True);
        assert_eq!(with(&[]), Depth::None);
        assert_eq!(with(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]), Depth::Ansi);
        assert_eq!(with(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")]), Depth::None);
        assert_eq!(with(&[("TERM", "xterm"), ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), Depth::None);
        assert_eq!(with(&[("TERM", "xterm"), ("NO_COLOR", "")]), Depth::Ansi);
        assert_eq!(with(&[("TERM", "dumb")]), Depth::None);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Depth::None);
    }

    #[test]
    fn colours_fit() {
        assert_eq!(parse_color("#ff0000"), Some(Color::Rgb(255, 0, 0)));
        assert_eq!(parse_color("#ff00"), None);
        assert_eq!(Depth::Indexed.fit(Color::Rgb(255, 0, 0)), Some(Color::Indexed(196)));
        assert_eq!(Depth::Ansi.fit(Color::Rgb(250, 250, 250)), Some(Color::White));
        assert_eq!(Depth::None.fit(Color::Red), None);
    }
}
