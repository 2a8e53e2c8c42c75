//! The services: their names, and what each is told through its environment.
//!
//! A new service is a variant, its name in [`Service::name`] and its variables in [`Service::env`].

use crate::secrets::Secrets;

/// One of our services. Listed in the order of their needs: each only calls those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Owns Twitch tokens and talks to Twitch.
    TwitchApi,
    /// Computes statistics.
    Analysis,
    /// Runs jobs.
    Worker,
    /// The public door.
    Gateway,
}

/// Where everything of one stack is, as the services see it (through the proxies, if there are any).
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    pub(crate) secrets: Secrets,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
    /// Origins, without a final slash.
    pub(crate) twitch: String,
    pub(crate) twitch_api: String,
    pub(crate) analysis: String,
    pub(crate) public: String,
    pub(crate) web_dist: String,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TwitchApi, Self::Analysis, Self::Worker, Self::Gateway];

    /// The name of its program and package.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TwitchApi => "twitch-api",
            Self::Analysis => "analysis",
            Self::Worker => "worker",
            Self::Gateway => "gateway",
        }
    }

    pub(crate) fn env(self, wiring: &Wiring) -> Vec<(&'static str, String)> {
        let mut env = common_env(wiring);
        env.extend(match self {
            Self::TwitchApi => {
                let socket = wiring.twitch.replacen("http", "ws", 1);
                vec![
                    ("TWITCH_CLIENT_ID", wiring.secrets.twitch_client_id.clone()),
                    ("TWITCH_CLIENT_SECRET", wiring.secrets.twitch_client_secret.clone()),
                    ("TWITCH_REDIRECT_URL", redirect_url(wiring)),
                    ("TWITCH_OAUTH_URL", format!("{}/oauth2/", wiring.twitch)),
                    ("TWITCH_HELIX_URL", format!("{}/helix/", wiring.twitch)),
                    ("TWITCH_EVENTSUB_URL", format!("{socket}/ws")),
                    ("TOKEN_ENCRYPTION_KEYS", wiring.secrets.token_encryption_keys.clone()),
                ]
            }
            Self::Analysis => Vec::new(),
            Self::Worker => vec![
                ("TWITCH_API_URL", wiring.twitch_api.clone()),
                ("OPT_OUT_KEY", wiring.secrets.opt_out_key.clone()),
            ],
            Self::Gateway => vec![
                ("TWITCH_API_URL", wiring.twitch_api.clone()),
                ("ANALYSIS_URL", wiring.analysis.clone()),
                ("PUBLIC_URL", wiring.public.clone()),
                ("SESSION_SECRET", wiring.secrets.session_secret.clone()),
                ("OPT_OUT_KEY", wiring.secrets.opt_out_key.clone()),
                ("WEB_DIST_DIR", wiring.web_dist.clone()),
            ],
        });
        env
    }
}

/// What the simulator is told: the one application it knows.
pub(crate) fn simulator_env(wiring: &Wiring) -> Vec<(&'static str, String)> {
    vec![
        ("SIM_CLIENT_ID", wiring.secrets.twitch_client_id.clone()),
        ("SIM_CLIENT_SECRET", wiring.secrets.twitch_client_secret.clone()),
        ("SIM_REDIRECT_URL", redirect_url(wiring)),
    ]
}

fn common_env(wiring: &Wiring) -> Vec<(&'static str, String)> {
    vec![
        ("APP_ENV", "development".to_owned()),
        ("DATABASE_URL", wiring.database_url.clone()),
        ("REDIS_URL", wiring.redis_url.clone()),
        ("INTERNAL_API_TOKEN", wiring.secrets.internal_api_token.clone()),
    ]
}

fn redirect_url(wiring: &Wiring) -> String {
    format!("{}/auth/callback", wiring.public)
}
