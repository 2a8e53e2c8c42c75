//! JSON: one array of objects, or one object a line. Ids are strings, as everywhere.

use super::table::{Columns, Encoder, Value, push_number};
use crate::error::Failure;

#[derive(Debug)]
pub(super) struct Json {
    out: Vec<u8>,
    /// `{"name":` of the first column, `,"name":` of the others.
    labels: Vec<Vec<u8>>,
    /// What stands before the first row, between two rows, and after the last.
    first: &'static str,
    between: &'static str,
    end: &'static str,
    rows: u64,
}

impl Json {
    pub(super) fn array(columns: Columns) -> Self {
        Self::new(columns, "[\n", ",\n", "\n]\n")
    }

    pub(super) fn lines(columns: Columns) -> Self {
        Self::new(columns, "", "\n", "\n")
    }

    fn new(columns: Columns, first: &'static str, between: &'static str, end: &'static str) -> Self {
        let label = |(place, name): (usize, &str)| {
            format!("{}\"{name}\":", if place == 0 { '{' } else { ',' }).into_bytes()
        };
        let labels = columns.iter().map(|column| column.name).enumerate().map(label).collect();
        Self { out: Vec::new(), labels, first, between, end, rows: 0 }
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
}

impl Encoder for Json {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Failure> {
        self.push(if self.rows == 0 { self.first } else { self.between });
        self.rows += 1;
        for (label, value) in self.labels.iter().zip(values) {
            self.out.extend_from_slice(label);
            match value {
                Value::Id(number) => {
                    self.out.push(b'"');
                    push_number(&mut self.out, *number);
                    self.out.push(b'"');
                }
                Value::Number(number) => push_number(&mut self.out, *number),
                Value::Text(text) => serde_json::to_writer(&mut self.out, text)?,
                Value::Time(Some(stamp)) => {
                    self.out.push(b'"');
                    self.out.extend_from_slice(stamp.text.as_bytes());
                    self.out.push(b'"');
                }
                Value::Flag(Some(flag)) => {
                    self.out.extend_from_slice(if *flag { b"true" } else { b"false" });
                }
                Value::Time(None) | Value::Flag(None) => self.out.extend_from_slice(b"null"),
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match (self.rows, self.first) {
            // No line is no row.
            (0, "") => {}
            (0, _) => self.push("[]\n"),
            _ => self.push(self.end),
        }
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.out.len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}
