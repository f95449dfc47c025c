//! Two skins in the format that k9s documents.

use std::path::Path;

use ratatui::style::{Color, Modifier};

use super::*;
use crate::theme::{Role, Theme, load};

/// With anchors and an opaque background, as most skins of known palettes are written.
const ANCHORED: &str = r##"
foreground: &foreground "#f8f8f2"
background: &background "#282a36"
current_line: &current_line "#44475a"
comment: &comment "#6272a4"
cyan: &cyan "#8be9fd"
green: &green "#50fa7b"
orange: &orange "#ffb86c"
pink: &pink "#ff79c6"
red: &red "#ff5555"
k9s:
  body:
    fgColor: *foreground
    bgColor: *background
    logoColor: *pink
  prompt:
    fgColor: *foreground
    bgColor: *background
    suggestColor: *pink
  info:
    fgColor: *pink
    sectionColor: *foreground
  dialog:
    fgColor: *foreground
    bgColor: *background
    buttonFgColor: *foreground
    buttonBgColor: *pink
    buttonFocusFgColor: *orange
    buttonFocusBgColor: *pink
    labelFgColor: *orange
    fieldFgColor: *foreground
  frame:
    border:
      fgColor: *comment
      focusColor: *cyan
    menu:
      fgColor: *foreground
      keyColor: *pink
      numKeyColor: *pink
    crumbs:
      fgColor: *foreground
      bgColor: *current_line
      activeColor: *current_line
    status:
      newColor: *cyan
      modifyColor: *orange
      addColor: *green
      errorColor: *red
      highlightColor: *orange
      killColor: *comment
      completedColor: *comment
    title:
      fgColor: *foreground
      bgColor: *current_line
      highlightColor: *orange
      counterColor: *cyan
      filterColor: *pink
  views:
    charts:
      bgColor: default
      defaultDialColors: [*cyan, *red]
      defaultChartColors: [*cyan, *red]
    table:
      fgColor: *foreground
      bgColor: *background
      cursorFgColor: *foreground
      cursorBgColor: *current_line
      header:
        fgColor: *foreground
        bgColor: *background
        sorterColor: *cyan
    xray:
      fgColor: *foreground
      bgColor: *background
      cursorColor: *current_line
      graphicColor: *cyan
      showIcons: false
    yaml:
      keyColor: *pink
      colonColor: *cyan
      valueColor: *foreground
    logs:
      fgColor: *foreground
      bgColor: *background
      indicator:
        fgColor: *foreground
        bgColor: *background
"##;

/// Transparent, in colour names, with a mistake.
const NAMED: &str = r"
k9s:
  body:
    fgColor: dodgerblue
    bgColor: default
    logoColor: orange
  frame:
    border:
      fgColor: dodgerblue
      focusColor: aqua
    menu:
      keyColor: steelblue
    status:
      newColor: lightskyblue
      modifyColor: greenyellow
      addColor: springgrean
      errorColor: orangered
      completedColor: gray
  views:
    table:
      cursorFgColor: black
      cursorBgColor: aqua
    yaml:
      keyColor: steelblue
      valueColor: papayawhip
";

fn theme(skin: &str) -> (Theme, Vec<String>) {
    let (text, warnings) = from_k9s(skin);
    let (theme, problems) = load(Path::new("skin.toml"), &text);
    assert_eq!(problems, Vec::new(), "{text}");
    (theme, warnings)
}

fn hex(color: &str) -> Option<Color> {
    parse_color(color)
}

#[test]
fn parts_of_a_skin_become_roles() {
    let (theme, warnings) = theme(ANCHORED);
    let fg = |role: Role| theme.style(role).fg;
    assert_eq!(theme.style(Role::Text).bg, hex("#282a36"));
    assert_eq!(fg(Role::Text), hex("#f8f8f2"));
    assert_eq!(fg(Role::Critical), hex("#ff5555"));
    assert_eq!(fg(Role::Warning), hex("#ffb86c"));
    assert_eq!(fg(Role::Ok), hex("#50fa7b"));
    assert_eq!(fg(Role::Border), hex("#6272a4"));
    assert_eq!(fg(Role::Accent), hex("#8be9fd"));
    assert_eq!(fg(Role::SyntaxKey), hex("#ff79c6"));
    assert_eq!(theme.style(Role::Selection).bg, hex("#44475a"));
    assert_eq!(theme.style(Role::TierProd).bg, hex("#ff5555"));
    // Dracula's comments on its current line are a known case: 2.0:1 by WCAG.
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("hard to read") && warnings[0].contains("dim"), "{warnings:?}");
}

#[test]
fn transparent_skins_leave_the_terminals_background() {
    let (theme, warnings) = theme(NAMED);
    assert_eq!(theme.style(Role::Text).bg, None);
    assert_eq!(theme.style(Role::Text).fg, hex("#1e90ff"));
    assert_eq!(theme.style(Role::Critical).fg, hex("#ff4500"));
    assert!(theme.style(Role::Critical).add_modifier.contains(Modifier::BOLD));
    // What is no colour is told, and the next best taken.
    assert_eq!(theme.style(Role::Ok).fg, hex("#87cefa"));
    assert!(
        warnings.contains(&"`frame.status.addColor`: `springgrean` is not a colour".to_owned()),
        "{warnings:?}"
    );
}

#[test]
fn what_is_no_skin_is_told() {
    for (text, told) in [("skin: x", "not a k9s skin"), ("k9s: [", "not YAML"), ("", "not a k9s skin")] {
        let (theme, warnings) = from_k9s(text);
        assert!(warnings.iter().any(|w| w.starts_with(told)), "{text}: {warnings:?}");
        assert_eq!(load(Path::new("x"), &theme).1, Vec::new());
    }
}
