//! The subscriptions of one connection, and the calls that create and delete them.

use std::collections::HashMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::plan::{Kind, Subscription};
use crate::{
    TwitchError,
    helix::{Endpoint, Question, Session},
};

const SUBSCRIPTIONS: Endpoint = Endpoint { name: "eventsub_subscriptions", path: "eventsub/subscriptions" };

/// What is subscribed, by Twitch's ids.
#[derive(Debug, Default)]
pub(super) struct Subscribed(HashMap<Subscription, String>);

#[derive(Deserialize)]
struct Created {
    data: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
}

impl Subscribed {
    /// Creates what is wanted and missing, deletes what is no longer wanted. What Twitch refuses is left out: the poll
    /// still sees it.
    pub(super) async fn adjust(
        &mut self,
        session: &mut Session,
        connection: &str,
        wanted: &[Subscription],
    ) -> Result<(), TwitchError> {
        let gone: Vec<_> = self.0.keys().filter(|one| !wanted.contains(one)).copied().collect();
        for one in gone {
            if let Some(id) = self.0.remove(&one) {
                tolerate(delete(session, &id).await)?;
            }
        }
        for one in wanted {
            if !self.0.contains_key(one) {
                let id = tolerate(create(session, connection, *one).await)?;
                self.0.extend(id.map(|id| (*one, id)));
            }
        }
        Ok(())
    }

    /// Forgets what Twitch has revoked.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.retain(|_, held| held != id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A refusal concerns one subscription; anything else concerns the connection.
fn tolerate<T>(outcome: Result<T, TwitchError>) -> Result<Option<T>, TwitchError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(TwitchError::Refused { status, message }) => {
            tracing::info!(status, message, "eventsub.refused");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn create(
    session: &mut Session,
    connection: &str,
    wanted: Subscription,
) -> Result<String, TwitchError> {
    let (kind, condition) = match wanted.kind {
        Kind::Raid => ("channel.raid", "to_broadcaster_user_id"),
        Kind::Online => ("stream.online", "broadcaster_user_id"),
        Kind::Offline => ("stream.offline", "broadcaster_user_id"),
    };
    let body = json!({
        "type": kind,
        "version": "1",
        "condition": { condition: wanted.channel.to_string() },
        "transport": { "method": "websocket", "session_id": connection },
    });
    let question = Question { endpoint: SUBSCRIPTIONS, method: Method::POST, query: &[], body: Some(&body) };
    let created: Created = session.ask(&question, |body| serde_json::from_slice(body)).await?;
    let row = created.data.into_iter().next();
    row.map(|row| row.id).ok_or_else(|| TwitchError::Protocol("a subscription without a row".to_owned()))
}

async fn delete(session: &mut Session, id: &str) -> Result<(), TwitchError> {
    let query = [("id", id)];
    let question =
        Question { endpoint: SUBSCRIPTIONS, method: Method::DELETE, query: &query, body: None::<&Value> };
    session.ask(&question, |_| Ok(())).await
}
