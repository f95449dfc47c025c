//! Theme files: a palette of named colours and how each role looks.

use std::path::Path;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use super::{Depth, Role, Theme, parse_color};
use crate::config::Problem;

/// The shipped themes by name.
pub const SHIPPED: [(&str, &str); 2] =
    [("dark", include_str!("../../themes/dark.toml")), ("light", include_str!("../../themes/light.toml"))];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    inherits: Option<Spanned<String>>,
    #[serde(default)]
    palette: toml::map::Map<String, toml::Value>,
    #[serde(default)]
    roles: std::collections::BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

/// A shipped theme with all its colours.
pub fn shipped(name: &str) -> Option<Theme> {
    let (name, text) = SHIPPED.iter().find(|(n, _)| *n == name)?;
    Some(load(Path::new(name), text).0)
}

/// Reads a theme; what is wrong is told and looks as in the theme it inherits.
pub fn load(path: &Path, text: &str) -> (Theme, Vec<Problem>) {
    load_within(path, text, 0)
}

fn load_within(path: &Path, text: &str, depth: usize) -> (Theme, Vec<Problem>) {
    let name = path.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let plain = Theme { name, depth: Depth::True, styles: vec![Style::new(); Role::ALL.len()] };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => return (fallback(plain, depth), vec![Problem::toml(path, text, &error)]),
    };
    let mut problems = Vec::new();
    let is_shipped = SHIPPED.iter().any(|(_, t)| *t == text);
    let mut theme = match &file.inherits {
        None if is_shipped => plain,
        None => fallback(plain, depth),
        Some(base) => match SHIPPED.iter().find(|(n, _)| n == base.get_ref()) {
            Some((base, text)) if depth == 0 => {
                Theme { name: plain.name, ..load_within(Path::new(base), text, depth + 1).0 }
            }
            _ => {
                let what = format!("unknown theme `{}`", base.get_ref());
                let known = SHIPPED.map(|(n, _)| n).join(", ");
                problems
                    .push(Problem::span(path, text, Some(base.span()), what).hint(format!("one of {known}")));
                fallback(plain, depth)
            }
        },
    };
    for (role, value) in file.roles {
        let Some(known) = Role::ALL.iter().find(|r| r.name() == role.get_ref()) else {
            let what = format!("unknown role `{}`", role.get_ref());
            let hint = nearest(role.get_ref()).map_or(String::new(), |n| format!("did you mean `{n}`?"));
            problems.push(Problem::span(path, text, Some(role.span()), what).hint(hint));
            continue;
        };
        match read_style(value.get_ref(), &file.palette) {
            Ok(style) => theme.styles[*known as usize] = style,
            Err(what) => problems.push(Problem::span(path, text, Some(value.span()), what)),
        }
    }
    (theme, problems)
}

/// The look of what a file leaves out: the dark theme's.
fn fallback(plain: Theme, depth: usize) -> Theme {
    if depth > 0 {
        return plain;
    }
    let (name, text) = SHIPPED[0];
    Theme { name: plain.name, ..load_within(Path::new(name), text, depth + 1).0 }
}

/// The role that shares the longest beginning with a wrong name.
fn nearest(wrong: &str) -> Option<&'static str> {
    let shared = |name: &str| name.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
    Role::ALL.iter().map(|r| r.name()).max_by_key(|n| shared(n)).filter(|n| shared(n) >= 3)
}

fn read_style(value: &toml::Value, palette: &toml::map::Map<String, toml::Value>) -> Result<Style, String> {
    let color = |text: &str| -> Result<Color, String> {
        let named = palette.get(text).and_then(toml::Value::as_str).unwrap_or(text);
        parse_color(named).ok_or_else(|| {
            format!("`{text}` is not a colour: write `#rrggbb`, a name of the palette, or 0-255")
        })
    };
    match value {
        toml::Value::String(text) => Ok(Style::new().fg(color(text)?)),
        toml::Value::Table(table) => {
            let mut style = Style::new();
            for (field, value) in table {
                match (field.as_str(), value) {
                    ("fg", toml::Value::String(c)) => style = style.fg(color(c)?),
                    ("bg", toml::Value::String(c)) => style = style.bg(color(c)?),
                    ("bold", toml::Value::Boolean(true)) => style = style.add_modifier(Modifier::BOLD),
                    ("dim", toml::Value::Boolean(true)) => style = style.add_modifier(Modifier::DIM),
                    ("italic", toml::Value::Boolean(true)) => style = style.add_modifier(Modifier::ITALIC),
                    ("underlined", toml::Value::Boolean(true)) => {
                        style = style.add_modifier(Modifier::UNDERLINED);
                    }
                    ("reversed", toml::Value::Boolean(true)) => {
                        style = style.add_modifier(Modifier::REVERSED);
                    }
                    ("bold" | "dim" | "italic" | "underlined" | "reversed", toml::Value::Boolean(false)) => {}
                    _ => {
                        return Err(format!(
                            "`{field}` does not fit: a role has fg, bg, bold, dim, italic, underlined, reversed"
                        ));
                    }
                }
            }
            Ok(style)
        }
        _ => Err("a role is a colour or a table with fg, bg, bold, …".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_has_every_role() {
        for (name, text) in SHIPPED {
            let (theme, problems) = load(Path::new(name), text);
            assert_eq!(problems, Vec::new(), "{name}");
            for role in Role::ALL {
                assert_ne!(theme.style(*role), Style::new(), "{name} leaves out {}", role.name());
            }
        }
    }

    #[test]
    fn every_theme_works_with_few_colours() {
        for (name, _) in SHIPPED {
            for depth in [Depth::Indexed, Depth::Ansi, Depth::None] {
                let theme = shipped(name).expect("shipped").at(depth);
                for role in Role::ALL {
                    let style = theme.style(*role);
                    let rgb = |c: Option<Color>| matches!(c, Some(Color::Rgb(..)));
                    assert!(!rgb(style.fg) && !rgb(style.bg), "{name} {}", role.name());
                    if depth == Depth::None {
                        assert_eq!((style.fg, style.bg), (None, None));
                    }
                }
                assert_ne!(theme.style(Role::Selection), theme.style(Role::Text), "{name} {depth:?}");
                assert_ne!(theme.style(Role::TierProd), theme.style(Role::TierDev), "{name} {depth:?}");
            }
        }
    }

    #[test]
    fn mistakes_warn_and_the_rest_stands() {
        let text = "inherits = \"light\"\n[palette]\nblood = \"#aa0000\"\n[roles]\ncritical = { fg = \"blood\", bold = true }\ncritcal = \"red\"\ntext = \"reddish\"\n";
        let (theme, problems) = load(Path::new("mine.toml"), text);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0], "mine.toml:6:1: unknown role `critcal`. did you mean `critical`?");
        assert!(told[1].starts_with("mine.toml:7:8: `reddish` is not a colour"), "{told:?}");
        assert_eq!(theme.name, "mine");
        assert_eq!(theme.style(Role::Critical).fg, Some(Color::Rgb(0xaa, 0, 0)));
        assert_eq!(theme.style(Role::Text), shipped("light").expect("shipped").style(Role::Text));
    }
}
