//! `twitch-api` as the other services see it, without a gateway in between.

use std::collections::HashMap;

use common::{
    clients::{TwitchApi, Upstream, UpstreamConfig},
    config::load_from,
    ids::UserId,
};
use devstack::{Service, Stack};
use url::Url;

use crate::Result;

/// One replica's internal interface.
///
/// # Errors
/// When the stack has no such replica.
pub fn replica(stack: &Stack, replica: usize) -> Result<TwitchApi> {
    let url = format!("{}/", stack.service(Service::TwitchApi, replica)?.url());
    let config = load_from(move |_| Some(url.clone()), UpstreamConfig::twitch_api)
        .map_err(|errors| format!("the address of twitch-api: {errors}"))?;
    let token = stack.internal_api_token().to_owned().into();
    Ok(TwitchApi::new(Upstream::new(config, crate::http()?, token)))
}

/// Logs somebody in who allows everything.
///
/// # Errors
/// When a step fails.
pub async fn log_in(api: &TwitchApi, user: u64) -> Result<UserId> {
    let consent = api.authorize("state").await?.url;
    let form = [("decision", "allow".to_owned()), ("user_id", user.to_string())];
    let answer = crate::http()?.post(consent).form(&form).send().await?;
    let location = answer.headers().get("location").ok_or("the consent page leads nowhere")?;
    let location: Url = location.to_str()?.parse()?;
    let brought: HashMap<_, _> = location.query_pairs().into_owned().collect();
    let code = brought.get("code").ok_or_else(|| format!("no code: {location}"))?;
    api.exchange(code).await?;
    Ok(UserId(user))
}
