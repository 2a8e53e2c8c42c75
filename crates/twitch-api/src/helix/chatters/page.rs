//! A page of chatters, from Twitch's bytes to ours.
//!
//! A room of 100,000 is a hundred of these, so nothing is copied that need not be: names are borrowed from Twitch's
//! answer and written straight into ours. Tests hold the result against [`ChattersLine`], which others read it as.
//!
//! [`ChattersLine`]: common::clients::twitch_api::ChattersLine

use std::{
    borrow::Cow,
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use bytes::Bytes;
use serde::Deserialize;

use super::verdict::Tally;

#[derive(Deserialize)]
pub(super) struct RawPage<'a> {
    #[serde(borrow)]
    data: Vec<Row<'a>>,
    #[serde(borrow, default)]
    pagination: Pagination<'a>,
    pub(super) total: u32,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow, rename = "user_id")]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "user_login")]
    login: Cow<'a, str>,
    #[serde(borrow, rename = "user_name")]
    name: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
struct Pagination<'a> {
    #[serde(borrow, default)]
    cursor: Option<Cow<'a, str>>,
}

/// Ids handed on so far.
#[derive(Debug, Default)]
pub(super) struct Fresh(HashSet<u64, BuildHasherDefault<IdHasher>>);

/// Twitch's ids are numbers that nobody can choose: spreading their bits is enough.
#[derive(Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        // Fibonacci hashing; the table takes its bucket and its tag from opposite ends.
        let spread = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = spread ^ (spread >> 32);
    }
}

impl RawPage<'_> {
    /// The page as a line of our answer, without blank rows and those that were handed on before. `hint` is the size of
    /// Twitch's body.
    pub(super) fn write_line(
        &self,
        hint: usize,
        seen: &mut Fresh,
        tally: &mut Tally,
    ) -> serde_json::Result<Bytes> {
        let mut line = Vec::with_capacity(hint);
        line.extend_from_slice(b"{\"chatters\":[");
        let mut first = true;
        for row in &self.data {
            let Some(id) = row.number() else {
                tally.blank();
                continue;
            };
            if !seen.0.insert(id) {
                tally.duplicate();
                continue;
            }
            tally.received();
            line.extend_from_slice(if first { b"[\"" } else { b",[\"" });
            first = false;
            line.extend_from_slice(row.id.as_bytes());
            line.extend_from_slice(b"\",");
            serde_json::to_writer(&mut line, row.login.as_ref())?;
            line.push(b',');
            serde_json::to_writer(&mut line, row.name.as_ref())?;
            line.push(b']');
        }
        line.extend_from_slice(b"],\"page\":");
        serde_json::to_writer(&mut line, &tally.pages())?;
        line.extend_from_slice(b",\"total\":");
        serde_json::to_writer(&mut line, &self.total)?;
        line.extend_from_slice(b"}\n");
        Ok(line.into())
    }

    pub(super) fn into_cursor(self) -> Option<String> {
        self.pagination.cursor.map(Cow::into_owned).filter(|cursor| !cursor.is_empty())
    }
}

impl Row<'_> {
    /// The id, if the row describes somebody: Twitch has listed rows without id and name.
    fn number(&self) -> Option<u64> {
        // `parse` would take a sign; what is written must be the number as we keep it.
        let plain = self.id.bytes().all(|byte| byte.is_ascii_digit()) && !self.login.is_empty();
        if plain { self.id.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use common::{
        clients::twitch_api::{Chatter, ChattersLine, ChattersPage},
        ids::TwitchUserId,
    };

    use super::*;

    #[test]
    fn the_line_is_what_the_client_reads() {
        let body = r#"{"data":[
            {"user_id":"7","user_login":"zoe","user_name":"Zoé \"la\" \u732b","later":1},
            {"user_id":"","user_login":"","user_name":""},
            {"user_id":"7","user_login":"zoe","user_name":"Zoé"},
            {"user_id":"+8","user_login":"odd","user_name":"odd"},
            {"user_id":"9","user_login":"max","user_name":"Max"}],
            "pagination":{"cursor":"abc"},"total":3,"news":{}}"#;
        let page: RawPage<'_> = serde_json::from_str(body).unwrap();
        let mut tally = Tally::default();
        tally.begin_page(page.total);
        let line = page.write_line(0, &mut Fresh::default(), &mut tally).unwrap();
        let chatter =
            |id, login: &str, name: &str| Chatter(TwitchUserId(id), login.to_owned(), name.to_owned());
        let chatters = vec![chatter(7, "zoe", "Zoé \"la\" 猫"), chatter(9, "max", "Max")];
        let expected = ChattersLine::Page(ChattersPage { chatters, page: 1, total: 3 });
        assert_eq!(serde_json::from_slice::<ChattersLine>(&line).unwrap(), expected);
        assert!(line.ends_with(b"\n") && !line[..line.len() - 1].contains(&b'\n'));
        assert_eq!(page.into_cursor().unwrap(), "abc");
        let outcome = tally.outcome(super::super::verdict::End::NoCursor);
        assert_eq!((outcome.received, outcome.blanks, outcome.duplicates), (2, 2, 1));
    }

    #[test]
    fn an_empty_pagination_is_the_end() {
        for end in
            [r#","pagination":{}"#, "", r#","pagination":{"cursor":""}"#, r#","pagination":{"cursor":null}"#]
        {
            let body = format!(r#"{{"data":[],"total":0{end}}}"#);
            let page: RawPage<'_> = serde_json::from_str(&body).unwrap();
            assert!(page.into_cursor().is_none(), "{end}");
        }
    }
}
