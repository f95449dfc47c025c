//! What is written, read by a virtual terminal.

use std::collections::HashSet;

use proptest::{collection::vec, prelude::*};
use ratatui::{
    Terminal,
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use super::*;

/// A virtual terminal that understands what is written, and counts.
struct Virtual {
    parser: vt100::Parser,
    writes: usize,
}

impl Write for Virtual {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.parser.process(bytes);
        self.writes += 1;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for Virtual {
    fn size(&self) -> io::Result<(u16, u16)> {
        let (height, width) = self.parser.screen().size();
        Ok((width.into(), height.into()))
    }
}

fn terminal(fills: bool) -> Terminal<Encoder<Virtual>> {
    let target = Virtual {
        parser: vt100::Parser::new(
            5u16.try_into().expect("not zero"),
            20u16.try_into().expect("not zero"),
            0,
        ),
        writes: 0,
    };
    Terminal::new(Encoder::new(target).filling(fills)).expect("a terminal")
}

#[test]
fn an_unchanged_frame_writes_nothing() {
    let mut terminal = terminal(false);
    for _ in 0..3 {
        terminal.draw(|f| f.buffer_mut().set_string(2, 1, "hello", Style::new().red())).expect("drawn");
    }
    assert_eq!(terminal.backend().target().writes, 1);
}

/// What a virtual terminal calls a colour.
fn seen(color: Color) -> vt100::Color {
    match color {
        Color::Reset => vt100::Color::Default,
        Color::Green => vt100::Color::Idx(2),
        Color::LightRed => vt100::Color::Idx(9),
        Color::Indexed(n) => vt100::Color::Idx(n),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        other => panic!("{other} is not drawn here"),
    }
}

/// Holds what the terminal shows against what was drawn. Of a blank that means its background and lines: the
/// colour, weight and slant of the character that is not there show nowhere.
/// What a terminal gives the `halves` left over of overwritten wide characters is its own affair.
fn compare(drawn: &Buffer, screen: &vt100::Screen, halves: &HashSet<(u16, u16)>) {
    let mut hidden = 0;
    for (n, cell) in drawn.content.iter().enumerate() {
        let (x, y) = drawn.pos_of(n);
        let shown = screen.cell(y, x).expect("inside");
        assert_eq!(shown.is_wide_continuation(), hidden > 0, "at {x},{y}");
        if hidden > 0 {
            hidden -= 1;
            continue;
        }
        hidden = cell.symbol().cell_width() - 1;
        let is = |m| cell.modifier.contains(m);
        assert_eq!(shown.contents().trim_matches(' '), cell.symbol().trim_matches(' '), "at {x},{y}");
        if is_blank(cell) && halves.contains(&(x, y)) {
            continue;
        }
        assert_eq!(shown.bgcolor(), seen(cell.bg), "the background at {x},{y}");
        assert_eq!(shown.underline(), is(Modifier::UNDERLINED), "the line at {x},{y}");
        assert_eq!(shown.inverse(), is(Modifier::REVERSED), "what is reversed at {x},{y}");
        if !is_blank(cell) {
            assert_eq!(shown.fgcolor(), seen(cell.fg), "the colour at {x},{y}");
            assert_eq!(shown.bold(), is(Modifier::BOLD), "the weight at {x},{y}");
            assert_eq!(shown.dim(), is(Modifier::DIM), "the dimness at {x},{y}");
            assert_eq!(shown.italic(), is(Modifier::ITALIC), "the slant at {x},{y}");
        }
    }
}

/// Remembers where the right halves of wide characters are, or were and nothing was written since.
fn remember(drawn: &Buffer, halves: &mut HashSet<(u16, u16)>) {
    for (n, cell) in drawn.content.iter().enumerate() {
        let (x, y) = drawn.pos_of(n);
        if cell.symbol().cell_width() == 2 {
            halves.insert((x + 1, y));
        } else if !is_blank(cell) {
            halves.remove(&(x, y));
        }
    }
}

/// What happens to a screen.
#[derive(Clone, Debug)]
enum Turn {
    /// A frame: texts in styles.
    Draw(Vec<(u16, u16, String, Style)>),
    /// Another program writes on it.
    Damage,
    /// The window gets another size.
    Resize(u16, u16),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let color = prop_oneof![
        3 => Just(Color::Reset),
        1 => Just(Color::Green),
        1 => Just(Color::LightRed),
        1 => Just(Color::Indexed(17)),
        1 => Just(Color::Rgb(1, 2, 3)),
    ];
    // The virtual terminal knows one weight at a time.
    let weight = prop_oneof![Just(Modifier::empty()), Just(Modifier::BOLD), Just(Modifier::DIM)];
    let others = prop_oneof![
        4 => Just(Modifier::empty()),
        1 => Just(Modifier::ITALIC),
        1 => Just(Modifier::UNDERLINED),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::ITALIC | Modifier::UNDERLINED | Modifier::REVERSED),
    ];
    let style = (color.clone(), color, weight, others)
        .prop_map(|(fg, bg, weight, others)| Style::reset().fg(fg).bg(bg).add_modifier(weight | others));
    let text = prop_oneof!["[a-z✗日 ]{1,6}", "日{1,3}", "[ab✔]{1,6}", "✔\u{fe0f}a?", " {1,20}"];
    let draw = vec((0u16..20, 0u16..5, text, style), 0..12).prop_map(Turn::Draw);
    let resize = prop_oneof![Just((20, 5)), Just((7, 3)), Just((1, 1)), Just((30, 8))];
    let resize = resize.prop_map(|(width, height)| Turn::Resize(width, height));
    vec(prop_oneof![8 => draw, 1 => Just(Turn::Damage), 1 => resize], 1..8)
}

/// Writes texts on a frame, and has no wide character half covered: ratatui takes that for granted.
fn write(buffer: &mut Buffer, texts: &[(u16, u16, String, Style)]) {
    for (x, y, text, style) in texts {
        if *x < buffer.area.width && *y < buffer.area.height {
            buffer.set_string(*x, *y, text, *style);
        }
    }
    for n in 1..buffer.content.len() {
        if buffer.content[n - 1].symbol().cell_width() == 2 && buffer.content[n].symbol() != " " {
            buffer.content[n - 1].set_symbol(" ");
        }
    }
}

proptest::proptest! {
    #[test]
    fn the_terminal_shows_what_was_drawn(turns in turns(), fills: bool) {
        let mut terminal = terminal(fills);
        let mut drawn = Buffer::empty(Rect::ZERO);
        let mut halves = HashSet::new();
        let mut texts = Vec::new();
        for turn in turns {
            match turn {
                Turn::Draw(new) => texts = new,
                Turn::Damage => {
                    halves.clear();
                    let parser = &mut terminal.backend_mut().target.parser;
                    parser.process("\x1b[1;7;33;44mx\r\ndamage日\x1b[2;3H日".as_bytes());
                    terminal.backend_mut().forget();
                    terminal.clear().expect("cleared");
                }
                Turn::Resize(width, height) => {
                    let size = |n: u16| n.try_into().expect("not zero");
                    if (drawn.area.width, drawn.area.height) != (width, height) {
                        halves.clear();
                    }
                    let screen = terminal.backend_mut().target.parser.screen_mut();
                    screen.set_size(size(height), size(width));
                }
            }
            terminal.draw(|f| {
                write(f.buffer_mut(), &texts);
                drawn = f.buffer_mut().clone();
            }).expect("drawn");
            compare(&drawn, terminal.backend().target().parser.screen(), &halves);
            remember(&drawn, &mut halves);
        }
    }
}
