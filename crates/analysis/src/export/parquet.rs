//! Parquet: columns in row groups, compressed by Snappy; what `DuckDB`, pandas and Spark read fastest.
//!
//! Rows are gathered by column until a group is full, then written at once. Only a group is in memory.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

use super::table::{Column, Columns, Encoder, Kind, Value};
use crate::error::Failure;

/// How many rows a group has.
const GROUP_ROWS: usize = 128 << 10;

/// What the file writer has written and nobody has taken.
#[derive(Clone, Debug, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The values of a column in the current group.
#[derive(Debug)]
enum Gathered {
    Numbers(Vec<i64>),
    Texts {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
    /// The values that are there, and for each row whether one is.
    Times(Vec<i64>, Vec<i16>),
    Flags(Vec<bool>, Vec<i16>),
}

pub(super) struct Parquet {
    writer: SerializedFileWriter<Buffer>,
    buffer: Buffer,
    columns: Vec<Gathered>,
    rows: usize,
}

impl Parquet {
    pub(super) fn new(columns: Columns) -> Result<Self, Failure> {
        let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let buffer = Buffer::default();
        let writer = SerializedFileWriter::new(buffer.clone(), Arc::new(schema), Arc::new(properties));
        let gathered = columns.iter().map(|column| match column.kind {
            Kind::Id | Kind::Number => Gathered::Numbers(Vec::new()),
            Kind::Text => Gathered::Texts { bytes: Vec::new(), ends: Vec::new() },
            Kind::Time => Gathered::Times(Vec::new(), Vec::new()),
            Kind::Flag => Gathered::Flags(Vec::new(), Vec::new()),
        });
        Ok(Self { writer: writer?, buffer, columns: gathered.collect(), rows: 0 })
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let mut group = self.writer.next_row_group()?;
        for gathered in &mut self.columns {
            let Some(mut column) = group.next_column()? else { break };
            match gathered {
                Gathered::Numbers(values) => {
                    column.typed::<Int64Type>().write_batch(values, None, None)?;
                    values.clear();
                }
                Gathered::Times(values, there) => {
                    column.typed::<Int64Type>().write_batch(values, Some(there), None)?;
                    values.clear();
                    there.clear();
                }
                Gathered::Flags(values, there) => {
                    column.typed::<BoolType>().write_batch(values, Some(there), None)?;
                    values.clear();
                    there.clear();
                }
                Gathered::Texts { bytes, ends } => {
                    let bytes = Bytes::from(std::mem::take(bytes));
                    let starts = std::iter::once(0).chain(ends.iter().copied());
                    let texts: Vec<ByteArray> =
                        starts.zip(&*ends).map(|(start, end)| bytes.slice(start..*end).into()).collect();
                    column.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
                    ends.clear();
                }
            }
            column.close()?;
        }
        group.close()?;
        Ok(())
    }
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical, repetition) = match column.kind {
        Kind::Id | Kind::Number => {
            (Physical::INT64, Some(LogicalType::integer(64, false)), Repetition::REQUIRED)
        }
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED),
        Kind::Time => {
            let micros = LogicalType::timestamp(true, TimeUnit::MICROS);
            (Physical::INT64, Some(micros), Repetition::OPTIONAL)
        }
        Kind::Flag => (Physical::BOOLEAN, None, Repetition::OPTIONAL),
    };
    let field = Type::primitive_type_builder(column.name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition)
        .build()?;
    Ok(Arc::new(field))
}

impl Encoder for Parquet {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Failure> {
        for (gathered, value) in self.columns.iter_mut().zip(values) {
            match (gathered, value) {
                (Gathered::Numbers(numbers), Value::Id(number) | Value::Number(number)) => {
                    numbers.push(number.cast_signed());
                }
                (Gathered::Texts { bytes, ends }, Value::Text(text)) => {
                    bytes.extend_from_slice(text.as_bytes());
                    ends.push(bytes.len());
                }
                (Gathered::Times(times, there), Value::Time(time)) => {
                    times.extend(time.map(|stamp| stamp.micros));
                    there.push(time.is_some().into());
                }
                (Gathered::Flags(flags, there), Value::Flag(flag)) => {
                    flags.extend(flag);
                    there.push(flag.is_some().into());
                }
                _ => return Err(Failure::Cut("a value that does not fit its column".to_owned())),
            }
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS { Ok(self.end_group()?) } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.end_group()?;
        self.writer.finish()?;
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.buffer.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.buffer.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
