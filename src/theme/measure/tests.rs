//! Every theme measured.

use super::*;
use crate::theme::{Depth, SHIPPED, shipped};

const SEVERITIES: [Role; 5] = [Role::Quiet, Role::Ok, Role::Active, Role::Warning, Role::Critical];
const TIERS: [Role; 3] = [Role::TierDev, Role::TierStaging, Role::TierProd];
const DIFF: [Role; 2] = [Role::DiffAdd, Role::DiffRemove];

fn themes() -> impl Iterator<Item = Theme> {
    SHIPPED.iter().map(|(name, _)| shipped(name).expect("shipped"))
}

#[test]
fn contrast_is_wcags() {
    // Black on white is 21:1; #767676 is the lightest grey of 4.5:1 on white (understanding document of 1.4.3).
    assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 1e-9);
    assert!(contrast((0x76, 0x76, 0x76), (255, 255, 255)) >= TEXT);
    assert!(contrast((0x77, 0x77, 0x77), (255, 255, 255)) < TEXT);
}

#[test]
fn difference_is_ciede2000() {
    // Test data of Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula" (2005), table 1.
    let pairs = [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, -1.3802, -84.2814], [50.0, 0.0, -82.7485], 1.0000),
        ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
        ([50.0, 2.49, -0.001], [50.0, -2.49, 0.0009], 7.1792),
        ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
        ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
        ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
    ];
    for (a, b, wanted) in pairs {
        assert!((ciede2000(a, b) - wanted).abs() < 1e-4, "{a:?} {b:?}: {}", ciede2000(a, b));
    }
}

#[test]
fn without_cones_some_colours_are_alike() {
    // Grey stays grey for all; red and green of one lightness do not stay apart for the red and the green blind.
    for vision in Vision::ALL {
        let (r, g, b) = vision.see((128, 128, 128));
        assert!([r, g, b].iter().all(|v| v.abs_diff(128) <= 1), "{vision:?}");
    }
    let (red, green) = ((0xd0, 0x50, 0x30), (0x70, 0x90, 0x30));
    let apart = |v: Vision| difference(v.see(red), v.see(green));
    assert!(apart(Vision::Deuteranopia) < apart(Vision::Normal) / 3.0);
    assert!(apart(Vision::Tritanopia) > apart(Vision::Normal) / 2.0);
}

#[test]
fn every_role_of_every_theme_can_be_read() {
    let mut wrong = Vec::new();
    let depths = [Depth::True, Depth::Indexed];
    for (theme, depth) in
        themes().filter(|t| t.name != "ansi").flat_map(|t| depths.map(|d| (t.clone().at(d), d)))
    {
        let all = theme.written();
        assert!(all.len() > Role::ALL.len(), "{}", theme.name);
        for w in all {
            let least = match (&*theme.name, w.role) {
                // The only role that is decoration; everything else is text.
                (_, Role::Border) => DECORATION,
                // WCAG AAA.
                ("high-contrast", _) => 7.0,
                _ => TEXT,
            };
            if w.contrast < least {
                wrong.push(format!("{} {depth:?} {} {:.2}", theme.name, w.role.name(), w.contrast));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn themes_that_leave_the_background_fit_usual_ones() {
    for (name, backgrounds) in
        [("dark", [(0, 0, 0), (0x28, 0x2a, 0x2e)]), ("light", [(0xf0, 0xf0, 0xf0), (0xfd, 0xf6, 0xe3)])]
    {
        let theme = shipped(name).expect("shipped");
        assert_eq!(theme.style(Role::Text).bg, None);
        for role in Role::ALL.iter().filter(|r| **r != Role::Border) {
            let style = theme.style(*role);
            let Some(ink) = style.fg.and_then(rgb).filter(|_| style.bg.is_none()) else { continue };
            for background in backgrounds {
                assert!(contrast(ink, background) >= TEXT, "{name} {} on {background:?}", role.name());
            }
        }
    }
}

#[test]
fn what_must_not_be_mixed_up_looks_different() {
    for theme in themes().filter(|t| t.name != "ansi") {
        for (roles, least) in [(&SEVERITIES[..], 12.0), (&TIERS, 12.0), (&DIFF, 25.0)] {
            let apart = theme.apart(roles, Vision::Normal).expect("its own colours");
            assert!(apart >= least, "{}: {roles:?} only {apart:.1}", theme.name);
            let fewer =
                theme.clone().at(Depth::Indexed).apart(roles, Vision::Normal).expect("its own colours");
            assert!(fewer >= 9.0, "{} in 256 colours: {roles:?} only {fewer:.1}", theme.name);
        }
    }
}

#[test]
fn the_colour_blind_themes_hold_for_all_three_kinds() {
    for (name, vision) in ["colorblind", "colorblind-light"].iter().flat_map(|n| Vision::ALL.map(|v| (n, v)))
    {
        let theme = shipped(name).expect("shipped");
        for (roles, least) in [(&SEVERITIES[..], 15.0), (&TIERS, 15.0), (&DIFF, 25.0)] {
            let apart = theme.apart(roles, vision).expect("its own colours");
            assert!(apart >= least, "{name} {vision:?}: {roles:?} only {apart:.1}");
            let fewer = theme.clone().at(Depth::Indexed).apart(roles, vision).expect("its own colours");
            assert!(fewer >= 9.0, "{name} in 256 colours, {vision:?}: {roles:?} only {fewer:.1}");
        }
    }
}

#[test]
fn few_colours_keep_severities_and_tiers_apart() {
    for theme in themes() {
        for depth in [Depth::Indexed, Depth::Ansi, Depth::None] {
            let theme = theme.clone().at(depth);
            let name = &theme.name;
            for role in Role::ALL {
                let style = theme.style(*role);
                let fits = |c: Option<Color>| match (depth, c) {
                    (_, None) => true,
                    (Depth::None, _) | (_, Some(Color::Rgb(..))) => false,
                    (Depth::Ansi, Some(Color::Indexed(n))) => n < 16,
                    _ => true,
                };
                assert!(fits(style.fg) && fits(style.bg), "{name} {depth:?} {}", role.name());
            }
            assert_ne!(theme.style(Role::Selection), theme.style(Role::Text), "{name} {depth:?}");
            assert_ne!(theme.style(Role::TierProd), theme.style(Role::TierDev), "{name} {depth:?}");
            if depth == Depth::None {
                // Signs tell severities apart; the worst stands out all the same.
                assert_ne!(theme.style(Role::Critical), theme.style(Role::Ok), "{name}");
                continue;
            }
            let looks: Vec<_> = SEVERITIES.iter().map(|r| theme.style(*r)).collect();
            for (n, look) in looks.iter().enumerate() {
                assert!(!looks[n + 1..].contains(look), "{name} {depth:?}: {:?}", SEVERITIES[n]);
            }
        }
    }
}

#[test]
fn sixteen_colours_are_the_terminals_own() {
    let ansi = shipped("ansi").expect("shipped");
    for role in Role::ALL {
        let style = ansi.style(*role);
        let own = |c: Option<Color>| c.is_none_or(crate::theme::color::is_ansi);
        assert!(own(style.fg) && own(style.bg), "{}: {style:?}", role.name());
    }
    let fg = |role| shipped("nord").expect("shipped").at(Depth::Ansi).style(role).fg;
    assert_eq!(fg(Role::Ok), Some(Color::Green));
    assert_eq!(fg(Role::Warning), Some(Color::Yellow));
    assert_eq!(fg(Role::Critical), Some(Color::Red));
}

#[test]
fn paper_tells_light_from_dark() {
    let light: Vec<_> = themes().filter(|t| t.is_light() == Some(true)).map(|t| t.name).collect();
    assert_eq!(light, ["light", "colorblind-light", "catppuccin-latte", "solarized-light"]);
    assert_eq!(shipped("ansi").expect("shipped").is_light(), None);
}
