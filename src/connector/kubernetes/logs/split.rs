//! A byte stream into lines, and a line into its moment and its text.

use crate::model::Time;

/// The most of one line that is kept.
const LINE: usize = 256 * 1024;
/// What ends a line that was longer.
const CUT: &str = " […line cut at 256 KiB]";

/// Puts lines together; a character may arrive in pieces.
#[derive(Default)]
pub(super) struct Splitter {
    partial: Vec<u8>,
    cutting: bool,
}

impl Splitter {
    /// Takes in what arrived and hands on every whole line, without its end.
    pub(super) fn feed(&mut self, mut chunk: &[u8], mut take: impl FnMut(&str)) {
        while let Some(end) = chunk.iter().position(|&b| b == b'\n') {
            self.append(&chunk[..end]);
            self.emit(&mut take);
            chunk = &chunk[end + 1..];
        }
        self.append(chunk);
    }

    /// Hands on what is left at the end of the stream.
    pub(super) fn finish(&mut self, mut take: impl FnMut(&str)) {
        if !self.partial.is_empty() {
            self.emit(&mut take);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let room = LINE.saturating_sub(self.partial.len());
        if bytes.len() > room {
            self.cutting = true;
        }
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn emit(&mut self, take: &mut impl FnMut(&str)) {
        if self.cutting {
            let mut text = String::from_utf8_lossy(&self.partial).into_owned();
            text.truncate(text.trim_end_matches('\u{fffd}').len());
            text.push_str(CUT);
            take(&text);
        } else {
            let line = self.partial.strip_suffix(b"\r").unwrap_or(&self.partial);
            take(&String::from_utf8_lossy(line));
        }
        self.partial.clear();
        self.cutting = false;
    }
}

/// A line that begins with RFC 3339 and a space, as `timestamps=true` writes it.
pub(super) fn timestamp(line: &str) -> (Option<Time>, &str) {
    let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
    if head.len() < 20 || !head.as_bytes()[0].is_ascii_digit() {
        return (None, line);
    }
    match head.parse() {
        Ok(at) => (Some(at), rest),
        Err(_) => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut all = Vec::new();
        for chunk in chunks {
            splitter.feed(chunk, |line| all.push(line.to_owned()));
        }
        splitter.finish(|line| all.push(line.to_owned()));
        all
    }

    #[test]
    fn characters_in_pieces_survive() {
        assert_eq!(lines(&[b"gr\xc3", b"\xbc\xc3\x9fe\r\nla", b"st"]), ["grüße", "last"]);
        assert_eq!(lines(&[b"\n\na\n"]), ["", "", "a"]);
        assert_eq!(lines(&[b"\xff\n"]), ["\u{fffd}"]);
    }

    #[test]
    fn long_lines_are_cut_and_say_so() {
        let long = vec![b'x'; LINE + 10];
        let got = lines(&[&long, b"more\nnext\n"]);
        assert_eq!(got.len(), 2);
        assert!(got[0].ends_with(CUT) && got[0].len() == LINE + CUT.len());
        assert_eq!(got[1], "next");
    }

    #[test]
    fn a_recorded_log_splits() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/kubernetes/log-timestamps.txt");
        let all = lines(&[&std::fs::read(path).expect("a sample")]);
        let (at, text) = timestamp(&all[0]);
        assert_eq!(at.map(|t| t.to_string()).as_deref(), Some("2026-11-21T06:04:25.726754099Z"));
        assert_eq!(text, "line 725 level=info msg=hello");
        assert_eq!(timestamp("no time here"), (None, "no time here"));
        assert_eq!(timestamp("2026-11-21T06:04:25Z").1, "");
    }

    proptest::proptest! {
        #[test]
        fn chunking_changes_nothing(text in "(\\PC|\n|\r){0,200}", cuts in proptest::collection::vec(0usize..200, 0..8)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|c| *c <= bytes.len()).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            chunks.push(&bytes[from..]);
            proptest::prop_assert_eq!(lines(&chunks), lines(&[bytes]));
        }
    }
}
