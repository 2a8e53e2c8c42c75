//! `twitch_api` and `twitch_oauth2`, which read the simulator's addresses from the environment.

use std::{collections::HashMap, env, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use twitch_api::{
    HelixClient,
    eventsub::{self, EventsubWebsocketData, channel::ChannelRaidV1},
    twitch_oauth2::{ClientId, ClientSecret, Scope, TwitchToken as _, UserToken, UserTokenBuilder},
    types::{Collection, UserId, UserIdRef},
};

const LEA: &str = "10000001";
const HARBOR_LIGHT: &str = "10000003";
const GRANDE_VAGUE: &str = "10000004";
const SCOPES: [Scope; 2] = [Scope::ModeratorReadChatters, Scope::UserReadModeratedChannels];

/// The simulator's control interface, and a browser.
struct Behind {
    http: reqwest::Client,
    base: String,
}

pub async fn run() {
    // An error means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let behind = Behind { http: http.clone(), base: env::var("SIM_URL").unwrap() };
    let helix: HelixClient<'_, reqwest::Client> = HelixClient::with_client(http);
    let token = log_in(&helix, &behind).await;

    let truth = behind.ask("GET", &format!("channels/{GRANDE_VAGUE}/truth"), Value::Null).await;
    let truth = sorted(truth["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()));
    assert!(truth.len() > 25_000, "{}", truth.len());
    let (room, lea): (&UserIdRef, &UserIdRef) = (GRANDE_VAGUE.into(), LEA.into());
    let chatters: Vec<_> = helix.get_chatters(room, lea, 1_000, &token).try_collect().await.unwrap();
    assert_eq!(sorted(chatters.iter().map(|chatter| chatter.user_id.as_str())), truth);

    let ids: Collection<'_, UserId> = truth.iter().take(100).map(|id| UserId::new(id.clone())).collect();
    let users: Vec<_> = helix.get_users_from_ids(&ids, &token).try_collect().await.unwrap();
    assert_eq!(users.len(), 100);

    let people = behind.ask("GET", "people", Value::Null).await;
    let moderates = people["people"].as_array().unwrap().iter().find(|person| person["id"] == LEA).unwrap();
    let moderates = sorted(moderates["moderates"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()));
    let channels: Vec<_> = helix.get_moderated_channels(lea, &token).try_collect().await.unwrap();
    assert_eq!(sorted(channels.iter().map(|channel| channel.broadcaster_id.as_str())), moderates);

    behind.ask("POST", &format!("channels/{HARBOR_LIGHT}/live"), json!({})).await;
    let ids: Collection<'_, UserId> = [UserId::from_static(HARBOR_LIGHT)].into_iter().collect();
    let streams: Vec<_> = helix.get_streams_from_ids(&ids, &token).try_collect().await.unwrap();
    assert!(streams.len() == 1 && streams[0].user_id.as_str() == HARBOR_LIGHT, "{streams:?}");

    receive_raid(&helix, &token, &behind).await;
    println!("twitch_api: {} chatters, {} channels, a raid", chatters.len(), channels.len());
}

/// Both ways in: the mock's grant, then a code with refresh and validation.
async fn log_in(helix: &HelixClient<'_, reqwest::Client>, behind: &Behind) -> UserToken {
    let client = ClientId::new(env::var("SIM_CLIENT_ID").unwrap());
    let secret = ClientSecret::new(env::var("SIM_CLIENT_SECRET").unwrap());
    let mocked =
        UserToken::mock_token(helix, client.clone(), secret.clone(), LEA, SCOPES.to_vec()).await.unwrap();
    assert_eq!(mocked.user_id.as_str(), LEA);

    let back = env::var("SIM_REDIRECT_URL").unwrap().parse().unwrap();
    let mut builder = UserTokenBuilder::new(client, secret, back).set_scopes(SCOPES.to_vec());
    let (url, state) = builder.generate_url();
    let brought: HashMap<String, String> = behind.consent(url).await;
    assert_eq!(brought["state"], state.secret());
    let mut token = builder.get_user_token(helix, &brought["state"], &brought["code"]).await.unwrap();
    let before = token.access_token.clone();
    token.refresh_token(helix).await.unwrap();
    assert_ne!(token.access_token, before);
    let valid = token.validate_token(helix).await.unwrap();
    assert_eq!(valid.login.unwrap().as_str(), "lea_modere");
    assert!(valid.expires_in.unwrap() > Duration::from_hours(1));
    assert_eq!(valid.scopes.unwrap().len(), SCOPES.len());
    token
}

async fn receive_raid(helix: &HelixClient<'_, reqwest::Client>, token: &UserToken, behind: &Behind) {
    let (mut socket, _) = connect_async(twitch_api::TWITCH_EVENTSUB_WEBSOCKET_URL.as_str()).await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let message = tokio::time::timeout_at(deadline, socket.next()).await.unwrap().unwrap().unwrap();
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Ping(_) => continue,
            other => panic!("{other:?}"),
        };
        match eventsub::Event::parse_websocket(text).unwrap() {
            EventsubWebsocketData::Welcome { payload, .. } => {
                let raids = ChannelRaidV1::to_broadcaster_user_id(HARBOR_LIGHT);
                let transport = eventsub::Transport::websocket(payload.session.id);
                let made = helix.create_eventsub_subscription(raids, transport, token).await.unwrap();
                assert_eq!(made.status, eventsub::Status::Enabled);
                let raid = json!({ "from": GRANDE_VAGUE, "to": HARBOR_LIGHT, "viewers": 250 });
                behind.ask("POST", "raids", raid).await;
            }
            EventsubWebsocketData::Notification { payload, .. } => {
                let eventsub::Event::ChannelRaidV1(eventsub::Payload {
                    message: eventsub::Message::Notification(raid),
                    ..
                }) = payload
                else {
                    panic!("{payload:?}")
                };
                assert_eq!(raid.from_broadcaster_user_id.as_str(), GRANDE_VAGUE);
                assert_eq!((raid.to_broadcaster_user_id.as_str(), raid.viewers), (HARBOR_LIGHT, 250));
                socket.close(None).await.unwrap();
                return;
            }
            EventsubWebsocketData::Keepalive { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

impl Behind {
    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let request = self.http.request(method.parse().unwrap(), format!("{}/sim/{path}", self.base));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    /// What a browser brings back from the consent page.
    async fn consent(&self, mut url: reqwest::Url) -> HashMap<String, String> {
        let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        form.push(("user_id".to_owned(), LEA.to_owned()));
        form.push(("decision".to_owned(), "allow".to_owned()));
        url.set_query(None);
        let answer = self.http.post(url).form(&form).send().await.unwrap();
        let location: reqwest::Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
        location.query_pairs().into_owned().collect()
    }
}

fn sorted<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut ids: Vec<_> = ids.map(str::to_owned).collect();
    ids.sort();
    ids
}
