//! A picture of each theme, all of the same moment. `UPDATE=1 cargo test` writes them to `screenshots/`.

use std::{fs, path::Path, sync::Arc};

use ratatui::style::Color;
use vigie::{
    app::{Effect, Event},
    model::LogLine,
    shot::{Paper, svg},
    theme::{self, Depth, SHIPPED, Theme},
};

use crate::{driver::Driver, frame::world};

/// The incident with an application's logs.
fn incident() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 120, 36);
    d.keys("k k g g");
    let open = d.effects.iter().rev().find_map(|e| match e {
        Effect::OpenLogs { ticket, .. } => Some(*ticket),
        _ => None,
    });
    let line = |secs, text: &str| LogLine {
        at: world::ago(secs),
        origin: "appointments-7d4c9b6f5-x2x7p".into(),
        container: "main".into(),
        text: text.into(),
    };
    let lines = vec![
        line(47, "level=info msg=\"listening\" port=8080"),
        line(46, "ERROR db    too many connections for role \"app-rw\" (limit 20)"),
        line(43, "level=warn msg=\"retrying\" try=5"),
        line(40, "FATAL main  cannot reach database after 5 tries, exiting 1"),
    ];
    d.event(Event::Logs { ticket: open.expect("logs were opened"), lines });
    d
}

/// A terminal with a theme's paper behind it; its own colours where the theme has none.
fn paper(theme: &Theme) -> Paper {
    let usual = if theme.is_light() == Some(true) { Paper::LIGHT } else { Paper::DARK };
    match theme.paper {
        Some(Color::Rgb(r, g, b)) => {
            Paper { background: String::leak(format!("#{r:02x}{g:02x}{b:02x}")), ..usual }
        }
        _ => usual,
    }
}

#[test]
fn a_picture_of_each_theme() {
    let mut d = incident();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots/themes");
    let update = std::env::var_os("UPDATE").is_some();
    for (name, _) in SHIPPED {
        let theme = theme::shipped(name).expect("shipped").at(Depth::True);
        let paper = paper(&theme);
        d.state.settings.theme = Arc::new(theme);
        let drawn = svg(&d.draw(), &paper, &format!("vigie: the {name} theme"));
        let file = dir.join(name).with_extension("svg");
        if update {
            fs::create_dir_all(&dir).expect("made");
            fs::write(&file, &drawn).expect("written");
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == drawn, "{}: UPDATE=1 cargo test makes it anew", file.display());
    }
    assert_eq!(fs::read_dir(&dir).expect("a folder").count(), SHIPPED.len(), "a picture without a theme");
}
