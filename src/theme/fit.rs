//! A theme in 256 colours: the nearest of them that can be read as well.

use ratatui::style::{Color, Style};

use super::{
    Role, Theme,
    color::{distance, indexed_rgb, nearest_indexed, rgb},
    measure::{DECORATION, Rgb, TEXT, contrast},
};

/// Contrasts that are kept where a theme has them: WCAG AAA, AA, and that of decorations.
const KEPT: [f64; 3] = [7.0, TEXT, DECORATION];

/// Fits a theme's colours.
pub(super) fn indexed(theme: &mut Theme) {
    let grounds = |theme: &Theme| -> Vec<Rgb> {
        let selected = [Role::Selection, Role::SelectionIdle].map(|r| theme.style(r).bg);
        [theme.paper, selected[0], selected[1]].into_iter().flatten().filter_map(rgb).collect()
    };
    let before = grounds(theme);
    theme.paper = theme.paper.map(nearest);
    for role in [Role::Selection, Role::SelectionIdle] {
        let style = &mut theme.styles[role as usize];
        style.bg = style.bg.map(nearest);
    }
    let after = grounds(theme);
    for (style, role) in theme.styles.iter_mut().zip(Role::ALL) {
        *style = if role.is_badge() {
            badge(*style, &before, &after)
        } else {
            ink(*style, *role, &before, &after)
        };
    }
}

/// A role that is written in its colour, on its own ground or on those of the screen.
fn ink(style: Style, role: Role, before: &[Rgb], after: &[Rgb]) -> Style {
    let own = style.bg.filter(|_| role != Role::Text);
    let ground = own.map(nearest);
    let (Some(color), false) = (style.fg, own.is_some_and(|c| rgb(c).is_none())) else {
        return Style { fg: style.fg.map(nearest), bg: style.bg.map(nearest), ..style };
    };
    let pair = |c: Option<Color>| c.and_then(rgb).into_iter().collect::<Vec<_>>();
    let (was, is) = match own {
        // The ground of a selected row is fitted already.
        Some(_) => (pair(own), pair(ground)),
        None if role == Role::Border => {
            (before[..before.len().min(1)].to_vec(), after[..after.len().min(1)].to_vec())
        }
        None => (before.to_vec(), after.to_vec()),
    };
    Style { fg: Some(legible(color, &was, &is)), bg: style.bg.map(nearest), ..style }
}

/// A badge, whose ground is also what names are written in.
fn badge(style: Style, before: &[Rgb], after: &[Rgb]) -> Style {
    let fg = style.fg.map(nearest);
    let with = |grounds: &[Rgb], ink: Option<Color>| -> Vec<Rgb> {
        grounds.iter().copied().chain(ink.and_then(rgb)).collect()
    };
    let bg = style.bg.map(|bg| legible(bg, &with(before, style.fg), &with(after, fg)));
    Style { fg, bg, ..style }
}

fn nearest(color: Color) -> Color {
    match color {
        Color::Rgb(r, g, b) => Color::Indexed(nearest_indexed(r, g, b)),
        other => other,
    }
}

/// The nearest colour with as much contrast to the new grounds as the theme has to its own.
fn legible(color: Color, before: &[Rgb], after: &[Rgb]) -> Color {
    let Color::Rgb(r, g, b) = color else { return color };
    let least = |color, grounds: &[Rgb]| {
        grounds.iter().map(|on| contrast(color, *on)).min_by(f64::total_cmp).unwrap_or(0.0)
    };
    let had = least((r, g, b), before);
    let wanted = KEPT.into_iter().find(|kept| had >= *kept).unwrap_or(0.0);
    let mut all: Vec<u8> = (16..=255).collect();
    all.sort_by_key(|n| distance((r, g, b), indexed_rgb(*n)));
    let found = all.iter().find(|n| least(indexed_rgb(**n), after) >= wanted);
    Color::Indexed(found.or(all.first()).copied().unwrap_or(16))
}
