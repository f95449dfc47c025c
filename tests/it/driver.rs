//! A driver for the screen: presses keys through the shipped keymap, waits until it rests, reads what is drawn.

use std::sync::Arc;

use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use vigie::{
    app::{Effect, Event, LogSettings, Notify, Settings, Size, State, load_keys, update},
    keymap::parse_sequence,
    model::{Answer, Fault, Time},
    store::Store,
    theme, ui,
};

/// A screen without a terminal.
pub struct Driver {
    /// What it knows.
    pub state: State,
    /// What it wanted done outside, oldest first, until taken.
    pub effects: Vec<Effect>,
}

impl Driver {
    /// A screen of a size on a world at a moment.
    pub fn new(store: Store, now: Time, width: u16, height: u16) -> Self {
        let (keys, problems) = load_keys(None);
        assert_eq!(problems, Vec::new());
        let settings = Settings {
            keys: Arc::new(keys),
            theme: Arc::new(theme::shipped("dark").expect("shipped")),
            by_background: None,
            ascii: false,
            mouse: false,
            notify: Notify::default(),
            frames: 15,
            programs: true,
            logs: LogSettings::default(),
            aliases: vigie::config::Aliases::new(),
        };
        let mut driver = Self { state: State::new(store, settings, now), effects: Vec::new() };
        driver.event(Event::Identity("nadia@example.org · oncall".into()));
        driver.event(Event::Resize(Size { width, height }));
        driver
    }

    /// Lets something happen.
    pub fn event(&mut self, event: Event) {
        self.effects.extend(update(&mut self.state, event));
    }

    /// Presses keys, blanks between them: `j j g p`; then lets the keys rest.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for press in parse_sequence(keys).expect("keys") {
            self.event(Event::Key(press));
        }
        self.event(Event::Rest);
        self.event(Event::Waited);
        self
    }

    /// Types text; then lets the keys rest.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.event(Event::Key(vigie::keymap::Press::char(c)));
        }
        self.event(Event::Rest);
        self
    }

    /// Answers the last question asked.
    pub fn answer(&mut self, answer: Result<Answer, Fault>) -> &mut Self {
        let asked = self.effects.iter().rev().find_map(|e| match e {
            Effect::Read { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let ticket = asked.expect("something was asked");
        self.event(Event::Answer { ticket, answer });
        self
    }

    /// Draws.
    pub fn draw(&mut self) -> Buffer {
        self.state.settle();
        let Size { width, height } = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        terminal.draw(|frame| ui::view(&self.state, frame)).expect("drawn");
        terminal.backend().buffer().clone()
    }

    /// Draws, as text.
    pub fn screen(&mut self) -> String {
        let buffer = self.draw();
        let width = usize::from(buffer.area.width).max(1);
        let lines = buffer.content.chunks(width).map(|cells| {
            let mut line = String::new();
            let mut hidden = 0;
            for cell in cells {
                if hidden > 0 {
                    hidden -= 1;
                    continue;
                }
                line.push_str(cell.symbol());
                hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            }
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
