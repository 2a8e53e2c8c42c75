//! Consent, codes, tokens, and every way they fail.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::*;

fn asked(user: &'static str, decision: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("scope", "moderator:read:chatters user:read:moderated_channels"),
        ("state", "a b&c"),
        ("user_id", user),
        ("decision", decision),
    ]
}

#[tokio::test]
async fn the_page_offers_people_in_both_languages() {
    let sim = Sim::start().await;
    let path = format!(
        "/oauth2/authorize?client_id={CLIENT}&redirect_uri={BACK}&response_type=code&scope=moderator%3Aread%3Achatters&state=%22%3E%3Cscript%3E"
    );
    for (language, word) in [("fr-FR,fr;q=0.9", "Autoriser"), ("en", "Authorize")] {
        let request = sim.request(Method::GET, &path).header("accept-language", language);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let html = response.text().await.unwrap();
        assert!(html.contains(word) && html.contains("Lea_Modere") && html.contains("harborlight"));
        assert!(!html.contains("<script>"), "parameters are escaped");
    }
}

#[tokio::test]
async fn consent_leads_back_with_a_code_that_works_once() {
    let sim = Sim::start().await;
    let response = sim.consent(&asked(LEA, "allow")).await;
    assert_eq!(response.status(), 302);
    let to = location(&response);
    assert!(to.starts_with(BACK));
    assert_eq!(query(&to, "state").unwrap(), "a b&c");
    assert_eq!(query(&to, "scope").unwrap(), "moderator:read:chatters user:read:moderated_channels");
    let code = query(&to, "code").unwrap();
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK)];
    let (status, token) = sim.token(&fields).await;
    assert_eq!(status, 200);
    assert_eq!(token["token_type"], "bearer");
    assert_eq!(token["scope"], json!(["moderator:read:chatters", "user:read:moderated_channels"]));
    assert!((14_000..=14_400).contains(&token["expires_in"].as_i64().unwrap()));
    let again = sim.token(&fields).await;
    assert_eq!(again, (400, json!({ "status": 400, "message": "Invalid authorization code" })));
}

#[tokio::test]
async fn denial_leads_back_with_the_reason() {
    let sim = Sim::start().await;
    let to = location(&sim.consent(&asked(LEA, "deny")).await);
    assert_eq!(query(&to, "error").unwrap(), "access_denied");
    assert_eq!(query(&to, "error_description").unwrap(), "The user denied you access");
    assert_eq!(query(&to, "state").unwrap(), "a b&c");
    assert!(query(&to, "code").is_none());
}

#[tokio::test]
async fn a_scope_can_be_left_out_and_none_is_absent() {
    let sim = Sim::start().await;
    let mut fields = asked(LEA, "allow");
    fields.push(("deny_scope", "user:read:moderated_channels"));
    let to = location(&sim.consent(&fields).await);
    assert_eq!(query(&to, "scope").unwrap(), READ_CHATTERS);
    let login = sim.log_in(NEW_FACE, "").await;
    let request = sim
        .request(Method::GET, "/oauth2/validate")
        .header("authorization", format!("OAuth {}", login.access));
    let (_, validated) = answer(request).await;
    assert_eq!(validated["scopes"], Value::Null);
    assert_eq!(validated["login"], "nouvelle_tete");
}

#[tokio::test]
async fn remembered_people_pass_without_a_page_until_more_is_asked() {
    let sim = Sim::start().await;
    let mut fields = asked(LEA, "allow");
    fields.push(("remember", "on"));
    let response = sim.consent(&fields).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let show = async |scope: &str, more: &str| {
        let path = format!(
            "/oauth2/authorize?client_id={CLIENT}&redirect_uri={BACK}&response_type=code&scope={scope}{more}"
        );
        sim.request(Method::GET, &path).header("cookie", &cookie).send().await.unwrap().status().as_u16()
    };
    assert_eq!(show("moderator:read:chatters", "").await, 302);
    assert_eq!(show("moderator:read:chatters", "&force_verify=true").await, 200);
    assert_eq!(show("moderator:read:followers", "").await, 200);
}

#[tokio::test]
async fn requests_for_consent_are_checked() {
    let sim = Sim::start().await;
    let get = async |client: &str, back: &str, kind: &str| {
        let path = format!("/oauth2/authorize?client_id={client}&redirect_uri={back}&response_type={kind}");
        answer(sim.request(Method::GET, &path)).await
    };
    assert_eq!(get("nobody", BACK, "code").await.1["message"], "invalid client");
    let (status, body) = get(CLIENT, "http://evil.example/", "code").await;
    assert_eq!(
        (status, &body["message"]),
        (400, &json!("Parameter redirect_uri does not match registeredURI"))
    );
    assert_eq!(get(CLIENT, BACK, "token").await.0, 400);
}

#[tokio::test]
async fn token_errors_are_those_of_twitch() {
    let sim = Sim::start().await;
    let code = sim.code(LEA, READ_CHATTERS).await;
    let token =
        async |fields: &[(&str, &str)]| answer(sim.request(Method::POST, "/auth/token").query(fields)).await;
    let full = |id, secret, back| {
        vec![
            ("client_id", id),
            ("client_secret", secret),
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", back),
        ]
    };
    let message = |(status, body): (u16, Value)| (status, text(&body["message"]));
    assert_eq!(message(token(&full("nobody", SECRET, BACK)).await), (400, "invalid client".to_owned()));
    assert_eq!(message(token(&full(CLIENT, "bad", BACK)).await), (403, "invalid client secret".to_owned()));
    let mismatch = message(token(&full(CLIENT, SECRET, "http://localhost/")).await);
    assert_eq!(mismatch, (400, "Parameter redirect_uri does not match registeredURI".to_owned()));
    let no_secret = message(token(&[("client_id", CLIENT), ("grant_type", "refresh_token")]).await);
    assert_eq!(no_secret, (400, "missing client secret".to_owned()));
    let refresh = [("client_id", CLIENT), ("client_secret", SECRET), ("grant_type", "refresh_token")];
    assert_eq!(message(token(&refresh).await), (400, "missing refresh token".to_owned()));
    let dead: Vec<_> = refresh.into_iter().chain([("refresh_token", "dead")]).collect();
    assert_eq!(message(token(&dead).await), (400, "Invalid refresh token".to_owned()));
}

#[tokio::test]
async fn parameters_in_the_query_and_exact_content_type() {
    let sim = Sim::start().await;
    let code = sim.code(LEA, READ_CHATTERS).await;
    let fields = [
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", BACK),
    ];
    let response = sim.request(Method::POST, "/oauth2/token").query(&fields).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn validate_and_revoke() {
    let sim = Sim::start().await;
    let login = sim.log_in(LEA, READ_CHATTERS).await;
    let validate = async |token: &str| {
        answer(sim.request(Method::GET, "/oauth2/validate").header("authorization", format!("OAuth {token}")))
            .await
    };
    let (status, body) = validate(&login.access).await;
    assert_eq!(status, 200);
    assert_eq!((&body["user_id"], &body["login"]), (&json!(LEA), &json!("lea_modere")));
    assert_eq!(validate("nope").await, (401, json!({ "status": 401, "message": "invalid access token" })));
    let (status, body) = answer(sim.request(Method::GET, "/oauth2/validate")).await;
    assert_eq!((status, &body["message"]), (401, &json!("missing authorization token")));

    let revoke = async |client: &str, token: &str| {
        answer(sim.request(Method::POST, "/oauth2/revoke").form(&[("client_id", client), ("token", token)]))
            .await
            .0
    };
    assert_eq!(revoke("nobody", &login.access).await, 404);
    assert_eq!(revoke(CLIENT, &login.access).await, 200);
    assert_eq!(revoke(CLIENT, &login.access).await, 400);
    assert_eq!(revoke(CLIENT, "").await, 400);
    assert_eq!(validate(&login.access).await.0, 401);
}

#[tokio::test]
async fn app_tokens_and_the_grant_of_the_official_mock() {
    let sim = Sim::start().await;
    let (_, app) = sim.token(&[("grant_type", "client_credentials")]).await;
    assert!(app.get("refresh_token").is_none());
    assert!(app["expires_in"].as_i64().unwrap() > 4_000_000);
    let path = format!(
        "/auth/authorize?client_id={CLIENT}&client_secret={SECRET}&grant_type=user_token&user_id={LEA}&scope=a%3Ab"
    );
    let (status, token) = answer(sim.request(Method::POST, &path)).await;
    assert_eq!((status, &token["refresh_token"], &token["scope"]), (200, &json!(""), &json!(["a:b"])));
}

async fn refresh(sim: &Sim, token: &str) -> (u16, Login) {
    let (status, body) = sim.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    (status, Login { access: text(&body["access_token"]), refresh: text(&body["refresh_token"]) })
}

#[tokio::test]
async fn every_rotation_mode() {
    let sim = Sim::start().await;
    let works = async |login: &Login| sim.get(login, "/users").await.0 == 200;

    let first = sim.log_in(LEA, READ_CHATTERS).await;
    let (_, second) = refresh(&sim, &first.refresh).await;
    assert_eq!(first.refresh, second.refresh);
    assert!(works(&first).await && works(&second).await);

    sim.control(Method::PUT, "/oauth", json!({ "rotation": "always" })).await;
    let (_, third) = refresh(&sim, &second.refresh).await;
    assert_ne!(third.refresh, second.refresh);
    assert!(works(&third).await && !works(&second).await);
    assert_eq!(refresh(&sim, &second.refresh).await.0, 400);
    assert!(works(&third).await);

    sim.control(Method::PUT, "/oauth", json!({ "rotation": "always_replay_kills_grant" })).await;
    let (_, fourth) = refresh(&sim, &third.refresh).await;
    assert_eq!(refresh(&sim, &third.refresh).await.0, 400);
    assert!(!works(&fourth).await);
    assert_eq!(refresh(&sim, &fourth.refresh).await.0, 401);
}

#[tokio::test]
async fn tokens_end_by_time_password_and_hand() {
    let sim = Sim::start().await;
    let login = sim.log_in(LEA, READ_CHATTERS).await;
    sim.advance(14_401.0).await;
    assert_eq!(sim.get(&login, "/users").await.0, 401);
    let (status, fresh) = refresh(&sim, &login.refresh).await;
    assert_eq!(status, 200);
    sim.control(Method::POST, &format!("/users/{LEA}/expire_tokens"), json!({})).await;
    assert_eq!(sim.get(&fresh, "/users").await.0, 401);
    let (_, fresh) = refresh(&sim, &login.refresh).await;
    assert_eq!(sim.get(&fresh, "/users").await.0, 200);
    sim.control(Method::POST, &format!("/users/{LEA}/change_password"), json!({})).await;
    assert_eq!(sim.get(&fresh, "/users").await.0, 401);
    assert_eq!(refresh(&sim, &login.refresh).await.0, 401);
    let again = sim.log_in(LEA, READ_CHATTERS).await;
    sim.control(Method::POST, &format!("/users/{LEA}/kill_refresh"), json!({})).await;
    assert_eq!(refresh(&sim, &again.refresh).await.0, 400);
    assert_eq!(sim.get(&again, "/users").await.0, 200);
}
