//! A ratatui backend that writes few bytes: one write a frame, no style said twice, nothing when nothing changed.

use std::io::{self, Write};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::{Cell, CellWidth as _},
    layout::{Position, Size},
    style::{Color, Modifier, Style},
};

/// Begins and ends what a terminal shows at once (synchronized output, DEC private mode 2026).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Where encoded frames go, and how large the screen there is.
pub trait Target: Write {
    /// Columns and lines.
    fn size(&self) -> io::Result<(u16, u16)>;
}

/// The backend; one frame is gathered and written whole by `flush`.
#[derive(Debug)]
pub struct Encoder<T> {
    target: T,
    out: Vec<u8>,
    look: Look,
    /// Where the terminal's cursor is, when that is known.
    at: Option<(u16, u16)>,
    /// Columns of the terminal at the last frame.
    width: u16,
    shown: bool,
    /// Whether the terminal shows nothing but its own background.
    bare: bool,
    written: u64,
}

/// What the terminal writes the next character in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };
/// What shows on a cell without a character; the colour of characters, their weight and their slant do not.
const ON_BLANKS: Modifier =
    Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::HIDDEN).union(Modifier::CROSSED_OUT);
/// The modifiers that are written.
const KNOWN: Modifier = WEIGHTS.union(Modifier::ITALIC).union(ON_BLANKS);
/// Makes a character a picture, two columns wide (variation selector 16).
const PICTURE: char = '\u{fe0f}';
/// From how many blanks on the rest of a line is erased.
const TAIL: usize = 4;

impl Look {
    const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier.intersection(KNOWN) }
    }
}

/// Whether nothing but a background shows.
fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(ON_BLANKS)
}

/// A cell that changed, and where it is.
type Placed<'a> = (u16, u16, &'a Cell);

/// Cells beside each other that can be written in one look: blanks go with every one that has their background.
struct Run<'a> {
    cells: &'a [Placed<'a>],
    bg: Color,
    /// None: only blanks.
    look: Option<Look>,
}

impl<'a> Run<'a> {
    /// The longest run that `cells` begins with.
    fn of(cells: &'a [Placed<'a>]) -> Self {
        let (x, _, first) = cells[0];
        let mut run = Self { cells, bg: first.bg, look: None };
        let joins = |run: &mut Self, cell: &Cell| {
            if is_blank(cell) {
                return cell.bg == run.bg && run.look.is_none_or(|l| !l.modifier.intersects(ON_BLANKS));
            }
            let look = Look::of(cell);
            let fits =
                run.look.map_or(look.bg == run.bg && !look.modifier.intersects(ON_BLANKS), |l| l == look);
            run.look = run.look.or(fits.then_some(look));
            fits
        };
        if !is_blank(first) {
            run.look = Some(Look::of(first));
        }
        let mut next = x;
        let length = cells.iter().take_while(|(x, _, cell)| {
            let beside = *x == next;
            next = x + cell.cell_width();
            beside && joins(&mut run, cell)
        });
        run.cells = &cells[..length.count()];
        run
    }

    /// Whether it is written in the same look as another.
    fn is_like(&self, other: &Self) -> bool {
        (self.bg, self.look) == (other.bg, other.look)
    }
}

impl<T: Target> Encoder<T> {
    /// A backend that writes to `target`, which shows nothing yet, hides its cursor and writes in no style.
    pub fn new(target: T) -> Self {
        Self {
            target,
            out: Vec::with_capacity(64 << 10),
            look: PLAIN,
            at: None,
            width: 0,
            shown: false,
            bare: true,
            written: 0,
        }
    }

    /// How many bytes were written in all.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What it writes to.
    pub fn target(&self) -> &T {
        &self.target
    }

    /// Adds bytes that are no part of the screen's cells: a title, the clipboard.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Forgets what the terminal shows, because another program wrote on it.
    pub fn forget(&mut self) {
        self.out.extend_from_slice(b"\x1b[0m\x1b[?25l");
        (self.look, self.at, self.shown) = (PLAIN, None, false);
    }

    fn go(&mut self, x: u16, y: u16) {
        match self.at {
            Some(here) if here == (x, y) => {}
            Some((from, line)) if line == y && x > from => self.csi(&[x - from], b'C', 1),
            Some((from, line)) if line == y && from < self.width => self.csi(&[x + 1], b'G', 1),
            Some((_, line)) if line + 1 == y && x == 0 => self.out.extend_from_slice(b"\r\n"),
            _ if x == 0 => self.csi(&[y + 1], b'H', 1),
            _ => self.csi(&[y + 1, x + 1], b'H', 0),
        }
        self.at = Some((x, y));
    }

    /// A control sequence; a last number equal to `usual` is left out.
    fn csi(&mut self, numbers: &[u16], end: u8, usual: u16) {
        self.out.extend_from_slice(b"\x1b[");
        for (n, number) in numbers.iter().enumerate() {
            if numbers.len() == 1 && *number == usual {
                continue;
            }
            if n > 0 {
                self.out.push(b';');
            }
            let _ = write!(self.out, "{number}");
        }
        self.out.push(end);
    }

    fn restyle(&mut self, wanted: Look) {
        if wanted == self.look {
            return;
        }
        let (changes, anew) = (codes(self.look, wanted), codes(PLAIN, wanted));
        self.out.extend_from_slice(b"\x1b[");
        if !anew.is_empty() && changes.len() <= anew.len() + 2 {
            self.out.extend_from_slice(&changes);
        } else if !anew.is_empty() {
            self.out.extend_from_slice(b"0;");
            self.out.extend_from_slice(&anew);
        }
        // A reset needs no number.
        self.out.push(b'm');
        self.look = wanted;
    }

    /// Writes the changed cells of a line as they stand or look by look, whichever takes fewer bytes.
    fn line(&mut self, cells: &[Placed<'_>]) {
        let mut runs = Vec::new();
        let mut rest = cells;
        while !rest.is_empty() {
            let run = Run::of(rest);
            rest = &rest[run.cells.len()..];
            runs.push(run);
        }
        let (start, look, at) = (self.out.len(), self.look, self.at);
        for run in &runs {
            self.run(run);
        }
        let first: Vec<_> = runs.iter().map(|run| runs.iter().position(|r| r.is_like(run))).collect();
        if first.is_sorted() {
            return;
        }
        let (plain, ends) = (self.out.split_off(start), (self.look, self.at));
        (self.look, self.at) = (look, at);
        let mut order: Vec<_> = (0..runs.len()).collect();
        order.sort_by_key(|n| first[*n]);
        for n in order {
            self.run(&runs[n]);
        }
        if self.out.len() - start >= plain.len() {
            self.out.truncate(start);
            self.out.extend_from_slice(&plain);
            (self.look, self.at) = ends;
        }
    }

    fn run(&mut self, run: &Run<'_>) {
        let (x, y, _) = run.cells[0];
        self.go(x, y);
        let now = self.look;
        self.restyle(run.look.unwrap_or(Look { bg: run.bg, modifier: now.modifier - ON_BLANKS, ..now }));
        let tail = run.cells.iter().rev().take_while(|(_, _, cell)| is_blank(cell)).count();
        let (text, blanks) = run.cells.split_at(run.cells.len() - tail);
        for (x, y, cell) in text {
            self.go(*x, *y);
            self.character(*x, *y, cell);
        }
        let Some((last, y, _)) = blanks.last() else { return };
        self.go(blanks[0].0, *y);
        if tail >= TAIL && last + 1 == self.width && run.bg == Color::Reset {
            self.out.extend_from_slice(b"\x1b[K");
        } else {
            self.out.extend(std::iter::repeat_n(b' ', tail));
            self.at = Some((last + 1, *y));
        }
    }

    fn character(&mut self, x: u16, y: u16, cell: &Cell) {
        let (symbol, width) = (cell.symbol(), cell.cell_width());
        if width > 1 && symbol.contains(PICTURE) {
            // Terminals differ on how wide it is then: what it may leave uncovered goes first.
            self.out.extend_from_slice(b"  ");
            self.at = None;
            self.go(x, y);
        }
        self.out.extend_from_slice(symbol.as_bytes());
        // Where the cursor is after a wide or joined character differs between terminals: say it anew then.
        self.at = (width == 1).then_some((x + 1, y));
    }
}

/// The numbers that make one look another (SGR), fewest first thought of.
fn codes(from: Look, to: Look) -> Vec<u8> {
    let mut codes = Codes(Vec::with_capacity(40));
    let (mut gone, mut new) = (from.modifier - to.modifier, to.modifier - from.modifier);
    // One number ends both weights.
    if gone.intersects(WEIGHTS) {
        new |= to.modifier & WEIGHTS;
        gone = (gone - WEIGHTS) | Modifier::BOLD;
    }
    for (modifier, on, off) in MODIFIERS {
        if gone.contains(modifier) {
            codes.push(off);
        }
        if new.contains(modifier) {
            codes.push(on);
        }
    }
    if to.fg != from.fg {
        codes.color(to.fg, 30);
    }
    if to.bg != from.bg {
        codes.color(to.bg, 40);
    }
    codes.0
}

const WEIGHTS: Modifier = Modifier::BOLD.union(Modifier::DIM);

/// Modifiers with the numbers that begin and end them.
const MODIFIERS: [(Modifier, u16, u16); 7] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// The sequence that sets a style on plain text; empty for none.
pub fn sgr(style: Style) -> String {
    let wanted = Look {
        fg: style.fg.unwrap_or(PLAIN.fg),
        bg: style.bg.unwrap_or(PLAIN.bg),
        modifier: style.add_modifier,
    };
    let codes = codes(PLAIN, wanted);
    if codes.is_empty() { String::new() } else { format!("\x1b[{}m", String::from_utf8_lossy(&codes)) }
}

/// Numbers of one SGR sequence.
struct Codes(Vec<u8>);

impl Codes {
    fn push(&mut self, code: u16) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        // Writing to a Vec cannot fail.
        let _ = write!(self.0, "{code}");
    }

    /// A colour as foreground (`base` 30) or background (40), as ECMA-48 and xterm have them.
    fn color(&mut self, color: Color, base: u16) {
        let basic = |n: u16| if n < 8 { base + n } else { base + 60 + n - 8 };
        let (first, rest): (u16, &[u8]) = match color {
            Color::Reset => (base + 9, &[]),
            Color::Black => (basic(0), &[]),
            Color::Red => (basic(1), &[]),
            Color::Green => (basic(2), &[]),
            Color::Yellow => (basic(3), &[]),
            Color::Blue => (basic(4), &[]),
            Color::Magenta => (basic(5), &[]),
            Color::Cyan => (basic(6), &[]),
            Color::Gray => (basic(7), &[]),
            Color::DarkGray => (basic(8), &[]),
            Color::LightRed => (basic(9), &[]),
            Color::LightGreen => (basic(10), &[]),
            Color::LightYellow => (basic(11), &[]),
            Color::LightBlue => (basic(12), &[]),
            Color::LightMagenta => (basic(13), &[]),
            Color::LightCyan => (basic(14), &[]),
            Color::White => (basic(15), &[]),
            Color::Indexed(n) => (base + 8, &[5, n]),
            Color::Rgb(r, g, b) => (base + 8, &[2, r, g, b]),
        };
        self.push(first);
        for n in rest {
            self.push(u16::from(*n));
        }
    }
}

impl<T: Target> Backend for Encoder<T> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut covered = (0, 0);
        // What is bare needs no blanks.
        let bare = std::mem::take(&mut self.bare);
        let cells: Vec<Placed<'_>> = content
            .filter(|(_, _, cell)| !(bare && is_blank(cell) && cell.bg == Color::Reset))
            .filter(|(x, y, cell)| {
                let free = *y != covered.1 || *x >= covered.0;
                if free {
                    covered = (*x + cell.cell_width(), *y);
                }
                free
            })
            .collect();
        if cells.is_empty() {
            return Ok(());
        }
        self.width = self.target.size()?.0;
        for line in cells.chunk_by(|(_, y, _), (_, next, _)| y == next) {
            self.line(line);
        }
        // After the last column the cursor may hang there or be on the next line.
        self.at = self.at.filter(|(x, _)| *x < self.width);
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown {
            self.out.extend_from_slice(b"\x1b[?25l");
            self.shown = false;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !self.shown {
            self.out.extend_from_slice(b"\x1b[?25h");
            self.shown = true;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        let (x, y) = self.at.unwrap_or((0, 0));
        Ok(Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.go(x, y);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, kind: ClearType) -> io::Result<()> {
        self.restyle(PLAIN);
        // What is cleared was often resized before, and the cursor moved with it.
        self.at = None;
        self.bare |= matches!(kind, ClearType::All);
        self.out.extend_from_slice(match kind {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = self.target.size()?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: Backend::size(self)?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let mut frame = Vec::with_capacity(self.out.len() + BEGIN.len() + END.len());
        frame.extend_from_slice(BEGIN);
        frame.append(&mut self.out);
        frame.extend_from_slice(END);
        self.written += frame.len() as u64;
        self.target.write_all(&frame)?;
        self.target.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::{collection::vec, prelude::*};
    use ratatui::{Terminal, buffer::Buffer, layout::Rect};

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

    fn terminal() -> Terminal<Encoder<Virtual>> {
        let target = Virtual {
            parser: vt100::Parser::new(
                5u16.try_into().expect("not zero"),
                20u16.try_into().expect("not zero"),
                0,
            ),
            writes: 0,
        };
        Terminal::new(Encoder::new(target)).expect("a terminal")
    }

    #[test]
    fn an_unchanged_frame_writes_nothing() {
        let mut terminal = terminal();
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
        fn the_terminal_shows_what_was_drawn(turns in turns()) {
            let mut terminal = terminal();
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
}
