//! `api.twitch.tv/helix`: the endpoints of the reference, with its parameters, checks and
//! answers.

pub(crate) mod channels;
pub(crate) mod chat;
pub(crate) mod chatters;
pub(crate) mod cursor;
pub(crate) mod error;
pub(crate) mod guard;
pub(crate) mod moderation;
pub(crate) mod streams;
pub(crate) mod users;

use std::convert::Infallible;
use std::marker::PhantomData;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::cursor::Cursor;
use self::error::ApiError;
use crate::faults::{Hits, Kind};
use crate::params::Params;

/// One page of a list that is small enough to be built whole: `{"data":[…],"pagination":{…}}`.
pub(crate) fn page(
    list: &str,
    params: &Params,
    sizes: (usize, usize),
    rows: Vec<Value>,
    hits: &Hits,
) -> Result<Json<Value>, ApiError> {
    let size = params.page_size(sizes.0, sizes.1)?;
    let start = match params.get("after") {
        Some(after) => Cursor::decode(list, after)?.offset,
        None => 0,
    };
    let end = (start + size).min(rows.len());
    let next = match params.get("after") {
        _ if hits.has(Kind::LostCursor) => None,
        Some(after) if hits.has(Kind::LoopingCursor) => Some(after.to_owned()),
        _ => (end < rows.len()).then(|| Cursor { at: 0, offset: end }.encode(list)),
    };
    let pagination = next.map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
    let data: Vec<Value> = rows.into_iter().skip(start).take(size).collect();
    Ok(Json(json!({ "data": data, "pagination": pagination })))
}

/// A JSON body, read only when the handler has made its other checks; its declared type is not
/// looked at.
#[derive(Debug)]
pub(crate) struct Sent<T>(Bytes, PhantomData<T>);

impl<T: DeserializeOwned> Sent<T> {
    pub(crate) fn parse(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.0)
            .map_err(|error| ApiError::bad_request(format!("Invalid request body: {error}")))
    }
}

impl<S: Send + Sync, T> FromRequest<S> for Sent<T> {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let body = Bytes::from_request(request, state).await.unwrap_or_default();
        Ok(Self(body, PhantomData))
    }
}
