//! A table as rows of values, and what writes it down.

use super::{csv::Csv, json::Json, parquet::Parquet};
use crate::error::Failure;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number that names something: in JSON a string.
    Id,
    Number,
    Text,
    /// Microseconds of Unix time; may be absent.
    Time,
    /// May be absent.
    Flag,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// A table's columns, in their order.
pub(super) type Columns = &'static [Column];

pub(super) const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// A time, also as it is written: the same one stands in many rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) micros: i64,
    /// RFC 3339, UTC.
    pub(super) text: String,
}

impl From<chrono::DateTime<chrono::Utc>> for Stamp {
    fn from(at: chrono::DateTime<chrono::Utc>) -> Self {
        let text = at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        Self { micros: at.timestamp_micros(), text }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Id(u64),
    Number(u64),
    Text(&'a str),
    Time(Option<&'a Stamp>),
    Flag(Option<bool>),
}

/// Writes rows. What it has written is taken away piece by piece.
pub(super) trait Encoder: Send {
    /// A row, with a value for each column.
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Failure>;

    /// Ends the table.
    fn finish(&mut self) -> Result<(), Failure>;

    /// How many bytes wait to be taken.
    fn waiting(&self) -> usize;

    /// Takes them.
    fn take(&mut self) -> Vec<u8>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    /// One array.
    Json,
    /// One object a line.
    NdJson,
    Parquet,
}

impl Format {
    pub(super) fn encoder(self, columns: Columns) -> Result<Box<dyn Encoder>, Failure> {
        Ok(match self {
            Self::Csv => Box::new(Csv::new(columns)),
            Self::Json => Box::new(Json::array(columns)),
            Self::NdJson => Box::new(Json::lines(columns)),
            Self::Parquet => Box::new(Parquet::new(columns)?),
        })
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::NdJson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::NdJson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// Appends a number in decimal.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}
