//! A stand-in for `twitch-api`, for trials that are not about Twitch: every room has the same few chatters.

use axum::{
    Json, Router,
    extract::Path,
    routing::{get, post},
};
use common::{
    clients::twitch_api::{
        AccountProfile, AccountsAnswer, AccountsQuery, Chatter, ChattersLine, ChattersOutcome, ChattersPage,
    },
    ids::{ChannelId, TwitchUserId},
};
use tokio::{net::TcpListener, task::AbortHandle};

use crate::Result;

/// How many are in a room.
const CHATTERS: u32 = 20;
/// Neighbouring channels share most of their chatters.
const SHARED: u64 = 5;

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Stub {
    pub url: String,
    serving: AbortHandle,
}

impl Stub {
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let app = Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/internal/v1/channels/{channel}/chatters", get(chatters))
            .route("/internal/v1/accounts", post(accounts))
            .fallback(|| async { axum::http::StatusCode::NOT_FOUND });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.ok() }).abort_handle();
        Ok(Self { url, serving })
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn chatters(Path(channel): Path<ChannelId>) -> String {
    let first = channel.0 / SHARED * SHARED;
    let chatter = |n: u64| {
        let id = 1_000_000 + first + n;
        Chatter(TwitchUserId(id), format!("user{id}"), format!("User{id}"))
    };
    let page =
        ChattersPage { chatters: (0..CHATTERS.into()).map(chatter).collect(), page: 1, total: CHATTERS };
    let outcome = ChattersOutcome {
        uncertain: 0,
        complete: true,
        reason: None,
        pages: 1,
        total: CHATTERS,
        received: CHATTERS,
        duplicates: 0,
        blanks: 0,
    };
    let lines = [ChattersLine::Page(page), ChattersLine::End { outcome }];
    lines.iter().filter_map(|line| serde_json::to_string(line).ok()).collect::<Vec<_>>().join("\n")
}

async fn accounts(Json(query): Json<AccountsQuery>) -> Json<AccountsAnswer> {
    let profile = |id: TwitchUserId| AccountProfile {
        twitch_id: id,
        login: format!("user{id}"),
        display_name: format!("User{id}"),
        created_at: chrono::DateTime::UNIX_EPOCH,
        account_type: String::new(),
        broadcaster_type: String::new(),
        default_picture: true,
        has_description: false,
    };
    Json(AccountsAnswer { accounts: query.ids.into_iter().map(profile).collect(), absent: Vec::new() })
}
