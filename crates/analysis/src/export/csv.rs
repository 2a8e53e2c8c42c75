//! CSV as in RFC 4180: a header, commas, CRLF, quotes where needed. UTF-8.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` (also after a tab or carriage return) as a formula,
//! and people choose their display names. Such texts get an apostrophe in front, which spreadsheets take as "this is
//! text". Numbers and times never begin that way.

use super::table::{Columns, Encoder, Value, push_number};
use crate::error::Failure;

#[derive(Debug)]
pub(super) struct Csv(Vec<u8>);

impl Csv {
    pub(super) fn new(columns: Columns) -> Self {
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        Self(format!("{}\r\n", names.join(",")).into_bytes())
    }
}

impl Encoder for Csv {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Failure> {
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.0.push(b',');
            }
            match value {
                Value::Id(number) | Value::Number(number) => push_number(&mut self.0, *number),
                Value::Text(text) => push_text(&mut self.0, text),
                Value::Time(time) => {
                    self.0.extend_from_slice(time.map_or("", |stamp| stamp.text.as_str()).as_bytes());
                }
                Value::Flag(flag) => {
                    let text = flag.map_or("", |flag| if flag { "true" } else { "false" });
                    self.0.extend_from_slice(text.as_bytes());
                }
            }
        }
        self.0.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.0.len()
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    let formula = matches!(text.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
    if !text.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n')) {
        if formula {
            out.push(b'\'');
        }
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    if formula {
        out.push(b'\'');
    }
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        for (text, cell) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@all", "'@all"),
            ("-5", "'-5"),
            ("+HYPERLINK(\"x\")", "\"'+HYPERLINK(\"\"x\"\")\""),
            ("\tcmd", "'\tcmd"),
            ("élan", "élan"),
        ] {
            let mut out = Vec::new();
            push_text(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), cell);
        }
    }
}
