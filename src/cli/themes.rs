//! `vigie themes`: which there are, how they look, how well they can be read; and k9s skins made into themes.

use std::{
    fmt::Write as _,
    io::IsTerminal,
    path::{Path, PathBuf},
};

use clap::Args;
use ratatui::style::Style;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::{
    answer::{Exit, Format},
    context::Common,
    output::{Table, out, print, say},
};
use crate::{
    runtime::{encode::sgr, settings},
    theme::{Depth, Role, SHIPPED, Theme, k9s, measure::Vision, shipped},
};

/// Arguments of `themes`.
#[derive(Args, Clone, Debug)]
pub struct Themes {
    /// Show this one: a shipped theme by name, or a file
    pub name: Option<String>,
    /// Make a theme of a k9s skin and print it
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub from_k9s: Option<PathBuf>,
}

const SEVERITIES: [Role; 5] = [Role::Quiet, Role::Ok, Role::Active, Role::Warning, Role::Critical];

/// A piece of a sample: its text and what it means.
type Piece = (Role, &'static str);

/// What stands beside a theme's name.
const LINE: &[Piece] = &[
    (Role::Text, " "),
    (Role::TierProd, "▌PROD▐"),
    (Role::Text, " appointments "),
    (Role::Critical, "✗ Degraded "),
    (Role::Warning, "! OutOfSync "),
    (Role::Active, "~ Syncing "),
    (Role::Ok, "✓ Healthy "),
    (Role::Quiet, "· info "),
];

/// A screen in small: every role in the place it is used in.
const SCREEN: &[&[Piece]] = &[
    &[
        (Role::Accent, " vigie  "),
        (Role::TierProd, "▌PROD▐"),
        (Role::Text, " "),
        (Role::TierStaging, "▌staging▐"),
        (Role::Text, " "),
        (Role::TierDev, "▌dev▐"),
        (Role::Strong, "  everything"),
        (Role::Dim, "   argo "),
        (Role::Ok, "✓"),
        (Role::Dim, "  vault "),
        (Role::Warning, "!"),
        (Role::Strong, "   03:12:44 UTC"),
    ],
    &[
        (Role::Accent, "▸Applications"),
        (Role::Dim, " 3"),
        (Role::Critical, "  ✗ 1"),
        (Role::Warning, "  ! 1"),
        (Role::Border, " ──────────────┬"),
        (Role::Title, " Alerts"),
        (Role::Dim, " 2 "),
        (Role::Border, "───────────────"),
    ],
    &[
        (Role::Selection, "▸appointments   ✗ Degraded     v2.14.0  4m "),
        (Role::Border, "│"),
        (Role::Critical, " ✗ crit "),
        (Role::Text, "HighErrorRate     4m"),
    ],
    &[
        (Role::Related, " openmrs        "),
        (Role::Active, "~ Progressing  "),
        (Role::Text, "2.6.1    "),
        (Role::Dim, "1h "),
        (Role::Border, "│"),
        (Role::Warning, " ! warn "),
        (Role::Text, "CertExpiresSoon   2h"),
    ],
    &[
        (Role::SelectionIdle, " odoo           ✓ Healthy      17.0     6d "),
        (Role::Border, "│"),
        (Role::Quiet, " · info Watchdog          –"),
    ],
    &[
        (Role::Title, " Logs"),
        (Role::Border, " ─────────────────────────────────────────────────────────────────"),
    ],
    &[
        (Role::LogTime, " 03:11:58 "),
        (Role::LogOrigin, "x2x "),
        (Role::LogError, "ERROR "),
        (Role::Text, "too many "),
        (Role::Match, "connections"),
        (Role::LogFatal, " FATAL "),
        (Role::LogWarn, " WARN "),
        (Role::LogInfo, " INFO "),
        (Role::LogDebug, " DEBUG"),
    ],
    &[
        (Role::SyntaxKey, " spec"),
        (Role::Text, ": {"),
        (Role::SyntaxKey, "image"),
        (Role::Text, ": "),
        (Role::SyntaxString, "odoo"),
        (Role::Text, ", "),
        (Role::SyntaxKey, "replicas"),
        (Role::Text, ": "),
        (Role::SyntaxNumber, "3"),
        (Role::Text, "} "),
        (Role::SyntaxComment, "# as in git"),
        (Role::LogTrace, "  trace"),
    ],
    &[
        (Role::DiffHunk, " @@ -1 +1 @@ "),
        (Role::DiffRemove, "-  replicas: 3 "),
        (Role::DiffAdd, "+  replicas: 5   "),
        (Role::Key, "x"),
        (Role::Dim, " why  "),
        (Role::Key, "R"),
        (Role::Dim, " roll back  "),
        (Role::Key, "?"),
        (Role::Dim, " keys"),
    ],
];
/// Columns of a sample.
const WIDTH: usize = 72;

/// Lists the themes, shows one, or makes one.
pub fn run(common: &Common, themes: &Themes) -> Exit {
    if let Some(file) = &themes.from_k9s {
        return import(file);
    }
    match &themes.name {
        Some(name) => show(name),
        None => list(common),
    }
}

/// The colours that may be written to standard output; nothing where there may be no escape codes at all.
fn depth() -> Option<Depth> {
    let get = |name: &str| std::env::var(name).ok();
    let forced = get("CLICOLOR_FORCE").is_some_and(|v| !v.is_empty() && v != "0");
    (std::io::stdout().is_terminal() || forced).then(|| Depth::of_environment(get))
}

fn list(common: &Common) -> Exit {
    let depth = depth();
    let themes: Vec<Theme> = SHIPPED.iter().filter_map(|(name, _)| shipped(name)).collect();
    if common.output != Format::Table {
        print(common.output, &Table::default(), &themes.iter().map(described).collect::<Value>());
        return Exit::Done;
    }
    let mut text = format!("{:<17} {:<5}  {:>8}  {:>12}\n", "NAME", "FOR", "CONTRAST", "COLOUR-BLIND");
    for theme in themes {
        let contrast = least(&theme).map_or_else(|| "-".to_owned(), |c| format!("{c:.1}"));
        let blind = blind(&theme).map_or_else(|| "-".to_owned(), |d| format!("{d:.0}"));
        let preview = match depth {
            None | Some(Depth::None) => String::new(),
            depth => line(LINE, &theme, depth, 0),
        };
        let _ =
            writeln!(text, "{:<17} {:<5}  {contrast:>8}  {blind:>12}  {preview}", theme.name, ground(&theme));
    }
    out(text.replace("  \n", "\n").as_str());
    say(
        "contrast: the least of any text (WCAG AA asks 4.5); colour-blind: how far apart severities are (CIEDE2000)",
    );
    say(
        "for the worst of three kinds, signs tell them apart always. `vigie themes NAME` shows one, `:theme NAME` takes it",
    );
    Exit::Done
}

/// What a theme's paper is.
fn ground(theme: &Theme) -> &'static str {
    match theme.is_light() {
        Some(true) => "light",
        Some(false) => "dark",
        None => "any",
    }
}

/// The least contrast of any text.
fn least(theme: &Theme) -> Option<f64> {
    let text = theme.written().into_iter().filter(|w| w.role != Role::Border);
    text.map(|w| w.contrast).min_by(f64::total_cmp)
}

/// How far apart the two most alike severities are for whom they are most alike.
fn blind(theme: &Theme) -> Option<f64> {
    Vision::ALL.iter().filter_map(|v| theme.apart(&SEVERITIES, *v)).min_by(f64::total_cmp)
}

fn described(theme: &Theme) -> Value {
    let round = |n: f64| (n * 10.0).round() / 10.0;
    let apart = |v| theme.apart(&SEVERITIES, v).map(round);
    json!({
        "name": theme.name, "for": ground(theme), "contrast": least(theme).map(round),
        "severitiesApart": {
            "normal": apart(Vision::Normal), "protanopia": apart(Vision::Protanopia),
            "deuteranopia": apart(Vision::Deuteranopia), "tritanopia": apart(Vision::Tritanopia),
        },
    })
}

fn show(name: &str) -> Exit {
    let mut problems = Vec::new();
    let theme = settings::theme(name, "dark", &mut problems);
    problems.iter().for_each(say);
    if !problems.is_empty() && theme.name == "dark" {
        let known: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
        say(format!("shipped: {}", known.join(", ")));
        return Exit::Usage;
    }
    let depth = depth();
    out(&SCREEN.iter().map(|pieces| line(pieces, &theme, depth, WIDTH) + "\n").collect::<String>());
    if problems.is_empty() { Exit::Done } else { Exit::Usage }
}

/// Pieces in a theme's colours, on its paper for so many columns at least.
fn line(pieces: &[Piece], theme: &Theme, depth: Option<Depth>, least: usize) -> String {
    let Some(depth) = depth else {
        return pieces.iter().map(|(_, text)| *text).collect::<String>().trim_end().to_owned();
    };
    let theme = theme.clone().at(depth);
    let base = theme.style(Role::Text);
    let mut out = String::new();
    let mut put = |style: Style, text: &str| {
        let start = sgr(base.patch(style));
        let end = if start.is_empty() { "" } else { "\x1b[0m" };
        out.extend([&*start, text, end]);
    };
    for (role, text) in pieces {
        put(theme.style(*role), text);
    }
    let taken: usize = pieces.iter().map(|(_, text)| text.width()).sum();
    put(base, &" ".repeat(least.saturating_sub(taken)));
    out
}

fn import(file: &Path) -> Exit {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            say(format!("{}: cannot be read: {error}", file.display()));
            return Exit::Usage;
        }
    };
    let (theme, warnings) = k9s::from_k9s(&text);
    for warning in &warnings {
        say(format!("{}: {warning}", file.display()));
    }
    out(&theme);
    say("keep it as a file and name that: theme = \"/path/to/theme.toml\" under [screen]");
    Exit::Done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_shows_every_role() {
        for role in Role::ALL {
            assert!(SCREEN.iter().flat_map(|l| l.iter()).any(|(r, _)| r == role), "{}", role.name());
        }
    }

    #[test]
    fn samples_fit_and_are_plain_without_colours() {
        let theme = shipped("dracula").expect("shipped");
        for pieces in SCREEN {
            let wide: usize = pieces.iter().map(|(_, t)| t.width()).sum();
            assert!((40..=WIDTH + 8).contains(&wide), "{wide}: {pieces:?}");
            let text: String = pieces.iter().map(|(_, t)| *t).collect();
            let colored = line(pieces, &theme, Some(Depth::True), WIDTH);
            // Dracula's background, as published.
            assert!(colored.contains("48;2;40;42;54") && colored.ends_with("\x1b[0m"), "{colored:?}");
            assert_eq!(line(pieces, &theme, None, WIDTH), text.trim_end());
        }
    }
}
