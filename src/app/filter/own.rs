//! Rows with what stands in the engineer's own columns, for filters that name them.

use super::term::{Told, Value};
use crate::{
    app::{column::OwnCell, filter::Field, rows::Row, state::State},
    model::Cell,
};

/// A row with what stands in the engineer's own columns.
pub(in crate::app) struct Owned<'a> {
    /// The row without them.
    pub told: &'a dyn Told,
    /// Which it is.
    pub row: Row,
    /// What is known.
    pub state: &'a State,
}

impl Told for Owned<'_> {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.told.texts(test)
    }

    fn name(&self) -> &str {
        self.told.name()
    }

    fn value(&self, field: Field, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Field::Own(n) = field else { return self.told.value(field, test) };
        let Some(own) = self.state.book.own_at(n) else { return false };
        match self.state.own_cell(self.row, own) {
            OwnCell::Text("") | OwnCell::Unknown => false,
            OwnCell::Text(text) => test(Value::Text(text)),
            OwnCell::Cell(Cell::Text(text)) => !text.is_empty() && test(Value::Text(text)),
            OwnCell::Cell(Cell::Number(number)) => test(Value::Number(*number as f64)),
            OwnCell::Cell(Cell::At(at)) => test(Value::Number(self.state.now.since(*at).as_secs_f64())),
            OwnCell::Value(value, _) => !value.is_nan() && test(Value::Number(value)),
        }
    }

    fn label(&self, test: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.told.label(test)
    }
}
