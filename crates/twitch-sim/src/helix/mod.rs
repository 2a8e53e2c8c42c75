//! `api.twitch.tv/helix`: the endpoints of the reference, with its parameters, checks and
//! answers.

pub(crate) mod channels;
pub(crate) mod chatters;
pub(crate) mod cursor;
pub(crate) mod error;
pub(crate) mod guard;
pub(crate) mod streams;
pub(crate) mod users;

use axum::Json;
use serde_json::{Value, json};

use self::cursor::Cursor;
use self::error::ApiError;
use crate::params::Params;

/// One page of a list that is small enough to be built whole: `{"data":[…],"pagination":{…}}`.
pub(crate) fn page(
    list: &str,
    params: &Params,
    sizes: (usize, usize),
    rows: Vec<Value>,
) -> Result<Json<Value>, ApiError> {
    let size = params.page_size(sizes.0, sizes.1)?;
    let start = match params.get("after") {
        Some(after) => Cursor::decode(list, after)?.offset,
        None => 0,
    };
    let end = (start + size).min(rows.len());
    let pagination = if end < rows.len() {
        json!({ "cursor": Cursor { at: 0, offset: end }.encode(list) })
    } else {
        json!({})
    };
    let data: Vec<Value> = rows.into_iter().skip(start).take(size).collect();
    Ok(Json(json!({ "data": data, "pagination": pagination })))
}
