//! Theme files: a palette of named colours and how each role looks.

use std::{collections::BTreeMap, path::Path};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use super::{Depth, Role, SHIPPED, Theme, parse_color};
use crate::config::Problem;

/// Themes may inherit from themes that inherit; more than so many is a circle.
const DEEPEST: usize = 8;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    inherits: Option<Spanned<String>>,
    palette: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    roles: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

type Palette = BTreeMap<String, Color>;

/// A shipped theme with all its colours.
pub fn shipped(name: &str) -> Option<Theme> {
    let (name, text) = SHIPPED.iter().find(|(n, _)| *n == name)?;
    Some(load(Path::new(name), text).0)
}

/// Reads a theme; what is wrong is told and looks as in the theme it inherits, the dark one unless it names another.
///
/// A palette counts for inherited roles too: a file that only brings other colours is a whole theme.
pub fn load(path: &Path, text: &str) -> (Theme, Vec<Problem>) {
    let name = path.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let mut problems = Vec::new();
    let file: File = toml::from_str(text).unwrap_or_else(|error| {
        problems.push(Problem::toml(path, text, &error));
        File::default()
    });
    let files = chain(path, text, file, &mut problems);
    let own = files.len() - 1;
    let mut palette = Palette::new();
    for (n, file) in files.iter().enumerate() {
        let wrong = colors(file, &mut palette);
        if n == own {
            problems.extend(wrong.into_iter().map(|(at, what)| Problem::span(path, text, Some(at), what)));
        }
    }
    let styles = vec![Style::new(); Role::ALL.len()];
    let mut theme = Theme { name, depth: Depth::True, paper: palette.get("paper").copied(), styles };
    for (n, file) in files.iter().enumerate() {
        let wrong = roles(file, &palette, &mut theme);
        if n == own {
            problems.extend(wrong.into_iter().map(|(at, what, hint)| {
                let problem = Problem::span(path, text, Some(at), what);
                if hint.is_empty() { problem } else { problem.hint(hint) }
            }));
        }
    }
    (theme, problems)
}

/// The file and those it stands on, the lowest first.
fn chain(path: &Path, text: &str, file: File, problems: &mut Vec<Problem>) -> Vec<File> {
    let (lowest, dark) = SHIPPED[0];
    let mut files = vec![file];
    let mut is_lowest = text == dark;
    while !is_lowest {
        let wanted = files.last().and_then(|f| f.inherits.as_ref());
        let name = wanted.map_or(lowest, |w| w.get_ref().as_str());
        let found = SHIPPED.iter().find(|(n, _)| *n == name).filter(|_| files.len() < DEEPEST);
        if found.is_none() {
            let known = SHIPPED.map(|(n, _)| n).join(", ");
            let at = wanted.map(Spanned::span);
            let what = format!("unknown theme `{name}`");
            problems.push(Problem::span(path, text, at, what).hint(format!("one of {known}")));
        }
        let base = found.map_or(dark, |(_, text)| *text);
        is_lowest = base == dark;
        files.push(toml::from_str(base).expect("shipped themes are sound, a test reads them all"));
    }
    files.reverse();
    files
}

type Range = std::ops::Range<usize>;

/// Adds a file's colours to the palette; what is none.
fn colors(file: &File, palette: &mut Palette) -> Vec<(Range, String)> {
    let mut wrong = Vec::new();
    for (name, value) in &file.palette {
        match value.get_ref().as_str().and_then(parse_color) {
            Some(color) => _ = palette.insert(name.get_ref().clone(), color),
            None => wrong.push((value.span(), not_a_color(value.get_ref().as_str().unwrap_or_default()))),
        }
    }
    wrong
}

/// Gives the roles of a file their looks; what is wrong, and advice.
fn roles(file: &File, palette: &Palette, theme: &mut Theme) -> Vec<(Range, String, String)> {
    let mut wrong = Vec::new();
    for (role, value) in &file.roles {
        let Some(known) = Role::ALL.iter().find(|r| r.name() == role.get_ref()) else {
            let hint = nearest(role.get_ref()).map_or(String::new(), |n| format!("did you mean `{n}`?"));
            wrong.push((role.span(), format!("unknown role `{}`", role.get_ref()), hint));
            continue;
        };
        match read_style(value.get_ref(), palette) {
            Ok(style) => theme.styles[*known as usize] = style,
            Err(what) => wrong.push((value.span(), what, String::new())),
        }
    }
    wrong
}

/// The role that shares the longest beginning with a wrong name.
fn nearest(wrong: &str) -> Option<&'static str> {
    let shared = |name: &str| name.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
    Role::ALL.iter().map(|r| r.name()).max_by_key(|n| shared(n)).filter(|n| shared(n) >= 3)
}

fn not_a_color(text: &str) -> String {
    format!("`{text}` is not a colour: write `#rrggbb`, a name of the palette, or 0-255")
}

fn read_style(value: &toml::Value, palette: &Palette) -> Result<Style, String> {
    let color = |text: &str| -> Result<Color, String> {
        palette.get(text).copied().or_else(|| parse_color(text)).ok_or_else(|| not_a_color(text))
    };
    match value {
        toml::Value::String(text) => Ok(Style::new().fg(color(text)?)),
        toml::Value::Table(table) => {
            let mut style = Style::new();
            for (field, value) in table {
                style = match (field.as_str(), value) {
                    ("fg", toml::Value::String(c)) => style.fg(color(c)?),
                    ("bg", toml::Value::String(c)) => style.bg(color(c)?),
                    (name, toml::Value::Boolean(on)) if modifier(name).is_some() => {
                        style.add_modifier(modifier(name).filter(|_| *on).unwrap_or_default())
                    }
                    _ => {
                        return Err(format!(
                            "`{field}` does not fit: a role has fg, bg, bold, dim, italic, underlined, reversed"
                        ));
                    }
                };
            }
            Ok(style)
        }
        _ => Err("a role is a colour or a table with fg, bg, bold, …".to_owned()),
    }
}

/// The modifier of a name in theme files.
fn modifier(name: &str) -> Option<Modifier> {
    Some(match name {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underlined" => Modifier::UNDERLINED,
        "reversed" => Modifier::REVERSED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_has_every_role() {
        for (name, text) in SHIPPED {
            let (theme, problems) = load(Path::new(name), text);
            assert_eq!(problems, Vec::new(), "{name}");
            assert_eq!(theme.name, name);
            for role in Role::ALL {
                assert_ne!(theme.style(*role), Style::new(), "{name} leaves out {}", role.name());
            }
        }
    }

    #[test]
    fn mistakes_warn_and_the_rest_stands() {
        let text = "inherits = \"light\"\n[palette]\nblood = \"#aa0000\"\nink = \"blak\"\n[roles]\ncritical = { fg = \"blood\", bold = true }\ncritcal = \"red\"\ntext = \"reddish\"\n";
        let (theme, problems) = load(Path::new("mine.toml"), text);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("mine.toml:4:7: `blak` is not a colour"), "{told:?}");
        assert_eq!(told[1], "mine.toml:7:1: unknown role `critcal`. did you mean `critical`?");
        assert!(told[2].starts_with("mine.toml:8:8: `reddish` is not a colour"), "{told:?}");
        assert_eq!(theme.name, "mine");
        assert_eq!(theme.style(Role::Critical).fg, Some(Color::Rgb(0xaa, 0, 0)));
        assert_eq!(theme.style(Role::Text), shipped("light").expect("shipped").style(Role::Text));
    }

    #[test]
    fn a_palette_alone_is_a_theme() {
        let (theme, problems) =
            load(Path::new("mine.toml"), "inherits = \"nord\"\n[palette]\nred = \"#ff0000\"\n");
        assert_eq!(problems, Vec::new());
        assert_eq!(theme.style(Role::Critical).fg, Some(Color::Rgb(255, 0, 0)));
        assert_eq!(theme.style(Role::DiffRemove).fg, Some(Color::Rgb(255, 0, 0)));
        assert_eq!(theme.style(Role::Ok), shipped("nord").expect("shipped").style(Role::Ok));
    }

    #[test]
    fn an_unknown_base_is_told() {
        let (theme, problems) = load(Path::new("mine.toml"), "inherits = \"drakula\"\n");
        assert!(
            problems[0]
                .to_string()
                .starts_with("mine.toml:1:12: unknown theme `drakula`. one of dark, light")
        );
        assert_eq!(theme.style(Role::Text), shipped("dark").expect("shipped").style(Role::Text));
    }
}
