//! Reading a question's parameters: each known, well-formed and bounded, or a clear refusal.

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, Utc};
use common::{
    clients::analysis::{MAX_FILTER_CHANNELS, too_many_channels},
    ids::ChannelId,
    problem::Problem,
};

use crate::subject::Period;

/// How many rows a page has when nobody says, and at most.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1_000;

/// The query's parameters that have not been asked for yet.
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

/// A beginning and an end, each of which may be open.
type Range = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// A page of a list: how long, and after what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) limit: usize,
    pub(crate) after: Option<Cursor>,
}

/// Where a page ends: the key of its last row, as numbers. To clients it is opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(pub(crate) Vec<u64>);

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, number) in self.0.iter().enumerate() {
            write!(f, "{}{number:x}", if place == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl Page {
    /// The page as a part of a key.
    pub(crate) fn canonical(&self) -> String {
        let after = self.after.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{};{after}", self.limit)
    }

    /// The numbers of the cursor.
    pub(crate) fn key<const NUMBERS: usize>(&self) -> Option<[u64; NUMBERS]> {
        self.after.as_ref().and_then(|cursor| cursor.0.as_slice().try_into().ok())
    }
}

impl Params {
    /// All values of `name`.
    fn take(&mut self, name: &str) -> Vec<String> {
        let (taken, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|(key, _)| key == name);
        self.0 = left;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// The value of `name`, which may be there once.
    ///
    /// # Errors
    /// `parameter_repeated`.
    pub(crate) fn one(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.take(name);
        let value = values.pop();
        if values.is_empty() {
            return Ok(value);
        }
        Err(Problem::bad_request("parameter_repeated", format!("`{name}` is given more than once.")))
    }

    /// `channel`, repeatable or a comma-separated list: which channels the question is about, ascending, each once;
    /// none means all.
    ///
    /// # Errors
    /// `channel_invalid`, `too_many_channels`.
    pub(crate) fn channels(&mut self) -> Result<Vec<ChannelId>, Problem> {
        let given = self.take("channel");
        let named: Vec<&str> = given.iter().flat_map(|value| value.split(',')).collect();
        if named.len() > MAX_FILTER_CHANNELS {
            return Err(too_many_channels());
        }
        let invalid = |_| Problem::bad_request("channel_invalid", "A channel is named by its Twitch id.");
        let mut channels = named
            .into_iter()
            .map(|name| name.trim().parse::<ChannelId>().map_err(invalid))
            .collect::<Result<Vec<_>, _>>()?;
        channels.sort_unstable();
        channels.dedup();
        Ok(channels)
    }

    /// `from` and `to`, in RFC 3339.
    ///
    /// # Errors
    /// `time_invalid`, `range_inverted`.
    pub(crate) fn period(&mut self) -> Result<Period, Problem> {
        let (from, to) = self.range("from", "to")?;
        Ok(Period { from, to })
    }

    /// Two times, in RFC 3339, the first before the second.
    ///
    /// # Errors
    /// `time_invalid`, `range_inverted`.
    pub(crate) fn range(&mut self, from: &str, to: &str) -> Result<Range, Problem> {
        let range = (self.time(from)?, self.time(to)?);
        match range {
            (Some(start), Some(end)) if start >= end => {
                Err(Problem::bad_request("range_inverted", format!("`{from}` must be before `{to}`.")))
            }
            _ => Ok(range),
        }
    }

    fn time(&mut self, name: &str) -> Result<Option<DateTime<Utc>>, Problem> {
        let invalid = || {
            Problem::bad_request(
                "time_invalid",
                format!("`{name}` is a time in RFC 3339, like 2026-11-23T21:35:00Z."),
            )
        };
        let Some(text) = self.one(name)? else { return Ok(None) };
        let time = DateTime::parse_from_rfc3339(&text).map_err(|_| invalid())?.to_utc();
        // What the columns can hold.
        let known = (0..253_370_764_800).contains(&time.timestamp());
        if known { Ok(Some(time)) } else { Err(invalid()) }
    }

    /// `limit` and `cursor`, whose key has `NUMBERS` numbers.
    ///
    /// # Errors
    /// `limit_invalid`, `cursor_invalid`.
    pub(crate) fn page<const NUMBERS: usize>(&mut self) -> Result<Page, Problem> {
        self.page_of::<NUMBERS>(MAX_PAGE)
    }

    /// The same where a page may have up to `most` rows.
    ///
    /// # Errors
    /// As with [`Self::page`].
    pub(crate) fn page_of<const NUMBERS: usize>(&mut self, most: usize) -> Result<Page, Problem> {
        let limit = self.number("limit", PAGE, 1..=most)?;
        let invalid = || {
            Problem::bad_request("cursor_invalid", "A cursor is what the page before gave as `next_cursor`.")
        };
        let Some(text) = self.one("cursor")? else { return Ok(Page { limit, after: None }) };
        let numbers = text.split('.').map(|part| u64::from_str_radix(part, 16));
        let numbers = numbers.collect::<Result<Vec<_>, _>>().map_err(|_| invalid())?;
        if numbers.len() != NUMBERS {
            return Err(invalid());
        }
        Ok(Page { limit, after: Some(Cursor(numbers)) })
    }

    /// A number within `range`.
    ///
    /// # Errors
    /// `{name}_invalid`.
    pub(crate) fn number<T>(
        &mut self,
        name: &str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> Result<T, Problem>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.one(name)? else { return Ok(default) };
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            Problem::bad_request(
                format!("{name}_invalid"),
                format!("`{name}` is a number from {} to {}.", range.start(), range.end()),
            )
        })
    }

    /// One of `choices`; the first when it is not given.
    ///
    /// # Errors
    /// `{name}_invalid`.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        name: &str,
        choices: &[(&'static str, T)],
    ) -> Result<T, Problem> {
        let given = self.one(name)?;
        let chosen = match &given {
            None => choices.first(),
            Some(text) => choices.iter().find(|(choice, _)| choice == text),
        };
        chosen.map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            Problem::bad_request(
                format!("{name}_invalid"),
                format!("`{name}` is one of {}.", known.join(", ")),
            )
        })
    }

    /// Refuses what nobody asked for: a misspelt filter must not be taken for none.
    ///
    /// # Errors
    /// `parameter_unknown`.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::bad_request(
                "parameter_unknown",
                format!("There is no parameter `{}` here.", name.chars().take(40).collect::<String>()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(key in any::<[u64; 3]>()) {
            let text = Cursor(key.to_vec()).to_string();
            let mut params = Params(vec![("cursor".to_owned(), text)]);
            prop_assert_eq!(params.page::<3>().unwrap().key::<3>(), Some(key));
        }

        #[test]
        fn no_cursor_breaks_anything(text in ".{0,40}") {
            let mut params = Params(vec![("cursor".to_owned(), text)]);
            let page = params.page::<2>();
            prop_assert!(page.is_err_and(|problem| problem.code() == "cursor_invalid")
                || params.0.is_empty());
        }
    }
}
