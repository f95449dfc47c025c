//! Reads LogQL: stream selectors, line filters, parsers, label filters, metric queries.

use std::time::Duration;

use regex::Regex;

use super::{
    Labels,
    stage::{Compare, LabelFilter, LineFilter, Stage},
};

/// Why a query cannot be read: Loki's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(pub String);

/// A query.
#[derive(Clone, Debug)]
pub enum Query {
    /// Lines.
    Logs(LogQuery),
    /// Numbers.
    Metric(Metric),
}

/// A selector with its pipeline.
#[derive(Clone, Debug)]
pub struct LogQuery {
    pub(super) matchers: Vec<Matcher>,
    pub(super) stages: Vec<Stage>,
}

/// A metric query.
#[derive(Clone, Debug)]
pub enum Metric {
    /// A function over the lines of a stretch of time.
    Range(Box<RangeQuery>),
    /// An aggregation over label sets.
    Vector {
        /// `sum`, `max`, ...
        op: String,
        /// The number of `topk` and `bottomk`.
        count: usize,
        /// The labels, and whether they are kept; none for no grouping.
        by: Option<(bool, Vec<String>)>,
        /// What is aggregated.
        inner: Box<Metric>,
    },
    /// An operation with a number or another metric.
    Binary {
        /// `+`, `>`, ...
        op: String,
        /// The left side.
        left: Box<Metric>,
        /// The right side.
        right: Box<Metric>,
    },
    /// A number.
    Number(f64),
}

/// A function over the lines of a stretch of time.
#[derive(Clone, Debug)]
pub struct RangeQuery {
    pub(super) op: String,
    pub(super) logs: LogQuery,
    pub(super) unwrap: Option<String>,
    pub(super) range: Duration,
    pub(super) offset: Duration,
}

/// A condition on a label.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub(super) name: String,
    value: String,
    regex: Option<Regex>,
    equal: bool,
}

impl Matcher {
    fn takes(&self, value: &str) -> bool {
        let same = self.regex.as_ref().map_or(self.value == value, |regex| regex.is_match(value));
        same == self.equal
    }

    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.takes(labels.get(&self.name).map_or("", String::as_str))
    }
}

impl Query {
    fn logs(&self) -> Option<&LogQuery> {
        fn of(metric: &Metric) -> Option<&LogQuery> {
            match metric {
                Metric::Range(range) => Some(&range.logs),
                Metric::Vector { inner, .. } => of(inner),
                Metric::Binary { left, right, .. } => of(left).or_else(|| of(right)),
                Metric::Number(_) => None,
            }
        }
        match self {
            Self::Logs(logs) => Some(logs),
            Self::Metric(metric) => of(metric),
        }
    }

    /// Whether its selector takes a stream.
    pub fn takes(&self, labels: &Labels) -> bool {
        self.logs().is_some_and(|logs| logs.matchers.iter().all(|matcher| matcher.matches(labels)))
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(f64),
    Time(Duration),
    Mark(&'static str),
}

const MARKS: [&str; 24] = [
    "|=", "|~", "!=", "!~", "=~", "==", ">=", "<=", "{", "}", "(", ")", "[", "]", ",", "=", "|", ">", "<",
    "+", "-", "*", "/", "%",
];

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    len: usize,
}

type Result<T> = std::result::Result<T, ParseError>;

/// Reads a query.
pub(super) fn query(text: &str) -> Result<Query> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, len: text.chars().count() };
    if parser.tokens.is_empty() {
        return Err(ParseError("parse error : syntax error: unexpected $end".into()));
    }
    let query = if parser.peek() == Some(&Token::Mark("{")) {
        let logs = parser.logs()?;
        Query::Logs(logs)
    } else {
        Query::Metric(parser.metric(0)?)
    };
    if parser.at < parser.tokens.len() {
        return Err(parser.unexpected(""));
    }
    if let Some(logs) = query.logs()
        && logs.matchers.iter().all(|matcher| matcher.takes(""))
    {
        return Err(ParseError("parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will".into()));
    }
    Ok(query)
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let (c, start) = (chars[at], at);
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        if c == '#' {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
            continue;
        }
        let token = if c == '"' || c == '`' {
            Token::Text(quoted(&chars, &mut at).ok_or_else(|| {
                ParseError(format!("parse error at line 1, col {}: literal not terminated", start + 1))
            })?)
        } else if c.is_ascii_digit() {
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '.') {
                at += 1;
            }
            let word: String = chars[start..at].iter().collect();
            match (word.parse(), duration(&word)) {
                (Ok(number), _) => Token::Number(number),
                (_, Some(time)) => Token::Time(time),
                _ => {
                    return Err(ParseError(format!(
                        "parse error at line 1, col {}: syntax error: unexpected {word}",
                        start + 1
                    )));
                }
            }
        } else if c.is_alphabetic() || c == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || "_:.".contains(chars[at])) {
                at += 1;
            }
            Token::Word(chars[start..at].iter().collect())
        } else {
            let rest: String = chars[at..chars.len().min(at + 2)].iter().collect();
            let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) else {
                return Err(ParseError(format!(
                    "parse error at line 1, col {}: syntax error: unexpected {c:?}",
                    start + 1
                )));
            };
            at += mark.len();
            Token::Mark(mark)
        };
        out.push((token, start + 1));
    }
    Ok(out)
}

/// The text within quotes, from the opening one on.
fn quoted(chars: &[char], at: &mut usize) -> Option<String> {
    let quote = chars[*at];
    let mut text = String::new();
    *at += 1;
    while *at < chars.len() {
        let c = chars[*at];
        *at += 1;
        match c {
            c if c == quote => return Some(text),
            '\\' if quote == '"' => {
                let escaped = chars.get(*at)?;
                *at += 1;
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => *other,
                });
            }
            c => text.push(c),
        }
    }
    None
}

/// Reads `5m`, `1h30m`, `250ms`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (mut nanos, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let unit = &unit[..unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len())];
        let each = match unit {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 6e10,
            "h" => 3.6e12,
            "d" => 8.64e13,
            "w" => 6.048e14,
            _ => return None,
        };
        nanos += number * each;
        rest = &rest[digits + unit.len()..];
    }
    (!text.is_empty()).then(|| Duration::from_nanos(nanos as u64))
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn unexpected(&self, expecting: &str) -> ParseError {
        let (what, col) = match self.tokens.get(self.at) {
            None => ("$end".to_owned(), self.len + 1),
            Some((Token::Mark(mark), col)) => ((*mark).to_owned(), *col),
            Some((Token::Word(_), col)) => ("IDENTIFIER".to_owned(), *col),
            Some((Token::Text(_), col)) => ("STRING".to_owned(), *col),
            Some((Token::Number(_), col)) => ("NUMBER".to_owned(), *col),
            Some((Token::Time(_), col)) => ("DURATION".to_owned(), *col),
        };
        let expecting = if expecting.is_empty() { String::new() } else { format!(", expecting {expecting}") };
        ParseError(format!("parse error at line 1, col {col}: syntax error: unexpected {what}{expecting}"))
    }

    fn mark(&mut self, mark: &str, expecting: &str) -> Result<()> {
        if self.take(mark) { Ok(()) } else { Err(self.unexpected(expecting)) }
    }

    fn take(&mut self, mark: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Mark(held)) if *held == mark);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self) -> Result<String> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected("IDENTIFIER")),
        }
    }

    fn text(&mut self) -> Result<String> {
        match self.peek() {
            Some(Token::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected("STRING")),
        }
    }

    fn logs(&mut self) -> Result<LogQuery> {
        self.mark("{", "{")?;
        let mut matchers = Vec::new();
        if !self.take("}") {
            loop {
                matchers.push(self.matcher()?);
                if self.take("}") {
                    break;
                }
                self.mark(",", "} or ,")?;
            }
        }
        let mut stages = Vec::new();
        while let Some(stage) = self.stage()? {
            stages.push(stage);
        }
        Ok(LogQuery { matchers, stages })
    }

    fn matcher(&mut self) -> Result<Matcher> {
        let name = self.word()?;
        let (is_regex, equal) = match self.next() {
            Some(Token::Mark("=")) => (false, true),
            Some(Token::Mark("!=")) => (false, false),
            Some(Token::Mark("=~")) => (true, true),
            Some(Token::Mark("!~")) => (true, false),
            _ => {
                self.at -= 1;
                return Err(self.unexpected("=, !=, =~ or !~"));
            }
        };
        let value = self.text()?;
        let regex = if is_regex { Some(regex(&format!("^(?s:{value})$"), &value)?) } else { None };
        Ok(Matcher { name, value, regex, equal })
    }

    fn stage(&mut self) -> Result<Option<Stage>> {
        let Some(Token::Mark(mark)) = self.peek() else { return Ok(None) };
        let (wanted, is_regex) = match *mark {
            "|=" => (true, false),
            "!=" => (false, false),
            "|~" => (true, true),
            "!~" => (false, true),
            "|" => {
                self.at += 1;
                return self.pipe().map(Some);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        let mut alternatives = vec![self.text()?];
        while matches!(self.peek(), Some(Token::Word(word)) if word == "or") {
            self.at += 1;
            alternatives.push(self.text()?);
        }
        let pattern = |text: &String| if is_regex { text.clone() } else { regex::escape(text) };
        let all: Vec<_> = alternatives.iter().map(pattern).collect();
        let regex = regex(&all.join("|"), &alternatives.join("|"))?;
        Ok(Some(Stage::Line(LineFilter { regex, wanted })))
    }

    fn pipe(&mut self) -> Result<Stage> {
        let word = self.word()?;
        match word.as_str() {
            "json" => Ok(Stage::Json(self.extractions()?)),
            "logfmt" => Ok(Stage::Logfmt(self.extractions()?)),
            "unpack" => Ok(Stage::Json(Vec::new())),
            "regexp" => {
                let text = self.text()?;
                Ok(Stage::Regexp(regex(&text, &text)?))
            }
            "pattern" => Ok(Stage::Regexp(pattern(&self.text()?)?)),
            "line_format" => Ok(Stage::LineFormat(self.text()?)),
            "label_format" => {
                let name = self.word()?;
                self.mark("=", "=")?;
                let template = match self.next() {
                    Some(Token::Text(text)) => text,
                    Some(Token::Word(word)) => format!("{{{{.{word}}}}}"),
                    _ => return Err(self.unexpected("STRING")),
                };
                Ok(Stage::LabelFormat(name, template))
            }
            "drop" | "keep" => {
                let mut names = vec![self.word()?];
                while self.take(",") {
                    names.push(self.word()?);
                }
                Ok(if word == "drop" { Stage::Drop(names) } else { Stage::Keep(names) })
            }
            "unwrap" => {
                let mut name = self.word()?;
                if self.take("(") {
                    name = self.word()?;
                    self.mark(")", ")")?;
                }
                Ok(Stage::Unwrap(name))
            }
            "decolorize" => Ok(Stage::Decolorize),
            _ => {
                self.at -= 1;
                self.label_filters().map(Stage::Labels)
            }
        }
    }

    /// `name="path", other="path"` after a parser.
    fn extractions(&mut self) -> Result<Vec<(String, String)>> {
        let mut all = Vec::new();
        while let Some(Token::Word(name)) = self.peek().cloned() {
            self.at += 1;
            let path = if self.take("=") { self.text()? } else { name.clone() };
            all.push((name, path));
            if !self.take(",") {
                break;
            }
        }
        Ok(all)
    }

    /// Label filters: alternatives of conditions that all must hold.
    fn label_filters(&mut self) -> Result<Vec<Vec<LabelFilter>>> {
        let mut alternatives = vec![vec![self.label_filter()?]];
        loop {
            match self.peek() {
                Some(Token::Word(word)) if word == "or" => {
                    self.at += 1;
                    alternatives.push(vec![self.label_filter()?]);
                }
                Some(Token::Word(word)) if word == "and" => self.at += 1,
                Some(Token::Mark(",")) => self.at += 1,
                _ => return Ok(alternatives),
            }
            let joined = matches!(self.tokens.get(self.at - 1), Some((Token::Word(w), _)) if w == "and")
                || matches!(self.tokens.get(self.at - 1), Some((Token::Mark(","), _)));
            if joined {
                let filter = self.label_filter()?;
                if let Some(last) = alternatives.last_mut() {
                    last.push(filter);
                }
            }
        }
    }

    fn label_filter(&mut self) -> Result<LabelFilter> {
        let name = self.word()?;
        let Some(Token::Mark(op)) = self.next() else {
            self.at -= 1;
            return Err(self.unexpected("=, !=, =~, !~, >, <, >= or <="));
        };
        let compare = match (op, self.next()) {
            ("=~", Some(Token::Text(text))) => Compare::Regex(regex(&format!("^(?s:{text})$"), &text)?, true),
            ("!~", Some(Token::Text(text))) => {
                Compare::Regex(regex(&format!("^(?s:{text})$"), &text)?, false)
            }
            ("=" | "==", Some(Token::Text(text))) => Compare::Text(text, true),
            ("!=", Some(Token::Text(text))) => Compare::Text(text, false),
            (op, Some(Token::Number(number))) => Compare::Number(op, number),
            (op, Some(Token::Time(time))) => Compare::Time(op, time),
            _ => {
                self.at -= 1;
                return Err(self.unexpected("STRING, NUMBER or DURATION"));
            }
        };
        Ok(LabelFilter { name, compare })
    }

    fn metric(&mut self, least: u8) -> Result<Metric> {
        let mut left = self.operand()?;
        while let Some((op, strength)) = self.operator().filter(|(_, strength)| *strength >= least) {
            self.at += 1;
            let right = self.metric(strength + 1)?;
            left = Metric::Binary { op: op.to_owned(), left: Box::new(left), right: Box::new(right) };
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(&'static str, u8)> {
        let Some(Token::Mark(mark)) = self.peek() else { return None };
        Some(match *mark {
            mark @ (">" | "<" | ">=" | "<=" | "==" | "!=") => (mark, 0),
            mark @ ("+" | "-") => (mark, 1),
            mark @ ("*" | "/" | "%") => (mark, 2),
            _ => return None,
        })
    }

    fn operand(&mut self) -> Result<Metric> {
        if self.take("(") {
            let inner = self.metric(0)?;
            self.mark(")", ")")?;
            return Ok(inner);
        }
        if let Some(Token::Number(number)) = self.peek() {
            let number = *number;
            self.at += 1;
            return Ok(Metric::Number(number));
        }
        let op = self.word()?;
        match op.as_str() {
            "sum" | "avg" | "min" | "max" | "count" | "topk" | "bottomk" | "stddev" | "stdvar" => {
                self.vector(op)
            }
            "rate" | "count_over_time" | "bytes_rate" | "bytes_over_time" | "sum_over_time"
            | "avg_over_time" | "min_over_time" | "max_over_time" | "first_over_time" | "last_over_time"
            | "absent_over_time" => self.range(op),
            _ => {
                self.at -= 1;
                Err(self.unexpected(""))
            }
        }
    }

    fn grouping(&mut self) -> Result<Option<(bool, Vec<String>)>> {
        let keep = match self.peek() {
            Some(Token::Word(word)) if word == "by" => true,
            Some(Token::Word(word)) if word == "without" => false,
            _ => return Ok(None),
        };
        self.at += 1;
        self.mark("(", "(")?;
        let mut names = Vec::new();
        while !self.take(")") {
            names.push(self.word()?);
            if !self.take(",") && self.peek() != Some(&Token::Mark(")")) {
                return Err(self.unexpected("\",\" or \")\""));
            }
        }
        Ok(Some((keep, names)))
    }

    fn vector(&mut self, op: String) -> Result<Metric> {
        let mut by = self.grouping()?;
        self.mark("(", "(")?;
        let mut count = 0;
        if matches!(op.as_str(), "topk" | "bottomk") {
            let Some(Token::Number(number)) = self.next() else {
                self.at -= 1;
                return Err(self.unexpected("NUMBER"));
            };
            count = number as usize;
            self.mark(",", ",")?;
        }
        let inner = Box::new(self.metric(0)?);
        self.mark(")", ")")?;
        if by.is_none() {
            by = self.grouping()?;
        }
        Ok(Metric::Vector { op, count, by, inner })
    }

    fn range(&mut self, op: String) -> Result<Metric> {
        self.mark("(", "(")?;
        let mut logs = self.logs()?;
        self.mark("[", "[")?;
        let Some(Token::Time(range)) = self.next() else {
            self.at -= 1;
            return Err(self.unexpected("DURATION"));
        };
        self.mark("]", "]")?;
        // A pipeline may also follow its range.
        while let Some(stage) = self.stage()? {
            logs.stages.push(stage);
        }
        let mut offset = Duration::ZERO;
        if matches!(self.peek(), Some(Token::Word(word)) if word == "offset") {
            self.at += 1;
            let Some(Token::Time(by)) = self.next() else {
                self.at -= 1;
                return Err(self.unexpected("DURATION"));
            };
            offset = by;
        }
        self.mark(")", ")")?;
        let unwrap = logs.stages.iter().find_map(|stage| match stage {
            Stage::Unwrap(name) => Some(name.clone()),
            _ => None,
        });
        let needs = !matches!(
            op.as_str(),
            "rate" | "count_over_time" | "bytes_rate" | "bytes_over_time" | "absent_over_time"
        );
        if needs && unwrap.is_none() {
            return Err(ParseError(format!("parse error : invalid aggregation {op} without unwrap")));
        }
        Ok(Metric::Range(Box::new(RangeQuery { op, logs, unwrap, range, offset })))
    }
}

fn regex(pattern: &str, shown: &str) -> Result<Regex> {
    Regex::new(pattern).map_err(|_| {
        let open = shown.matches('(').count() > shown.matches(')').count();
        let why = if open { "missing closing )" } else { "invalid expression" };
        ParseError(format!("parse error : error parsing regexp: {why}: `{shown}`"))
    })
}

/// `<ip> - <_> "<method>"` as an expression with named groups.
fn pattern(text: &str) -> Result<Regex> {
    let mut expression = String::from("^(?s)");
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        expression.push_str(&regex::escape(before));
        let Some((name, tail)) = after.split_once('>') else { break };
        match name {
            "_" => expression.push_str(".*?"),
            name => {
                expression.push_str("(?P<");
                expression.push_str(name);
                expression.push_str(">.*?)");
            }
        }
        rest = tail;
    }
    expression.push_str(&regex::escape(rest));
    if rest.is_empty() {
        expression.push('$');
    }
    regex(&expression, text)
}
