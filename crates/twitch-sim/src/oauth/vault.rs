//! Codes, tokens and grants: who allowed which application what, and for how long.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::error::OauthError;
use super::grant::{Access, Code, Grant, Issued, Refresh, RefreshState, Rotation};
use crate::world::accounts::TwitchId;

/// Life of a user's access token: about four hours.
const USER_TOKEN_S: i64 = 14_400;
/// Life of an app token: about 58 days.
const APP_TOKEN_S: i64 = 5_011_271;
const CODE_S: i64 = 600;
/// Valid access tokens that one refresh token can have; the oldest dies for the next.
const ACCESS_PER_REFRESH: usize = 50;

#[derive(Debug)]
pub(crate) struct Vault(Mutex<State>);

#[derive(Debug)]
struct State {
    rng: StdRng,
    rotation: Rotation,
    user_token_s: i64,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    /// Scopes a user has allowed an application so far.
    consents: HashMap<(Arc<str>, TwitchId), BTreeSet<String>>,
}

impl Vault {
    /// Tokens come from `rng`; they must not repeat when the simulator restarts.
    pub(crate) fn new(rng: StdRng) -> Self {
        Self(Mutex::new(State {
            rng,
            rotation: Rotation::Never,
            user_token_s: USER_TOKEN_S,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            consents: HashMap::new(),
        }))
    }

    pub(crate) fn from_os() -> Self {
        Self::new(StdRng::from_os_rng())
    }

    pub(crate) fn set_rotation(&self, rotation: Rotation) {
        self.lock().rotation = rotation;
    }

    pub(crate) fn rotation(&self) -> Rotation {
        self.lock().rotation
    }

    /// Life of the user tokens issued from now on.
    pub(crate) fn set_user_token_seconds(&self, seconds: i64) {
        self.lock().user_token_s = seconds;
    }

    /// The user allowed it: a code for the application to exchange.
    pub(crate) fn consent(
        &self,
        client: &str,
        user: TwitchId,
        scopes: Vec<String>,
        redirect_uri: &str,
        now_ms: i64,
    ) -> String {
        let mut state = self.lock();
        let client: Arc<str> = client.into();
        state.consents.entry((Arc::clone(&client), user)).or_default().extend(scopes.iter().cloned());
        let code = state.token(30);
        let grant = Grant { client, user, scopes: scopes.into() };
        let expires_ms = now_ms + CODE_S * 1_000;
        state.codes.insert(code.clone(), Code { grant, redirect_uri: redirect_uri.to_owned(), expires_ms });
        code
    }

    /// Whether the user already allowed all these scopes.
    pub(crate) fn has_consented(&self, client: &str, user: TwitchId, scopes: &[String]) -> bool {
        let state = self.lock();
        let granted = state.consents.get(&(client.into(), user));
        granted.is_some_and(|granted| scopes.iter().all(|scope| granted.contains(scope)))
    }

    /// Scopes that a user has allowed an application; `None` if they never did.
    pub(crate) fn consented(&self, client: &str, user: TwitchId) -> Option<Vec<String>> {
        let state = self.lock();
        Some(state.consents.get(&(client.into(), user))?.iter().cloned().collect())
    }

    pub(crate) fn exchange(
        &self,
        client: &str,
        code: &str,
        redirect_uri: &str,
        now_ms: i64,
    ) -> Result<Issued, OauthError> {
        let mut state = self.lock();
        let code = state
            .codes
            .remove(code)
            .filter(|code| &*code.grant.client == client && code.expires_ms > now_ms)
            .ok_or(OauthError::INVALID_CODE)?;
        if code.redirect_uri != redirect_uri {
            return Err(OauthError::REDIRECT_MISMATCH);
        }
        Ok(state.grant(code.grant, now_ms))
    }

    /// Refreshes by the current rotation mode.
    pub(crate) fn refresh(&self, client: &str, refresh: &str, now_ms: i64) -> Result<Issued, OauthError> {
        let mut state = self.lock();
        let rotation = state.rotation;
        let known = state.refresh.get(refresh).filter(|known| &*known.grant.client == client);
        let Some((grant, condition)) = known.map(|known| (known.grant.clone(), known.state)) else {
            return Err(OauthError::INVALID_REFRESH);
        };
        match condition {
            RefreshState::Severed => return Err(OauthError::SEVERED),
            RefreshState::Used => {
                if rotation == Rotation::AlwaysReplayKillsGrant {
                    state.sever(grant.user, Some(client));
                }
                return Err(OauthError::INVALID_REFRESH);
            }
            RefreshState::Alive => {}
        }
        if rotation == Rotation::Never {
            return Ok(state.issue(grant, refresh.to_owned(), now_ms));
        }
        if let Some(old) = state.refresh.get_mut(refresh) {
            old.state = RefreshState::Used;
            for token in std::mem::take(&mut old.access) {
                state.access.remove(&token);
            }
        }
        Ok(state.grant(grant, now_ms))
    }

    pub(crate) fn app_token(&self, client: &str, now_ms: i64) -> Issued {
        let mut state = self.lock();
        let access_token = state.token(30);
        let access = Access {
            client: client.into(),
            user: None,
            scopes: [].into(),
            expires_ms: now_ms + APP_TOKEN_S * 1_000,
            refresh: None,
        };
        state.access.insert(access_token.clone(), access);
        Issued {
            access_token,
            expires_in: APP_TOKEN_S,
            refresh_token: None,
            scope: Vec::new(),
            token_type: "bearer",
        }
    }

    /// The grant of the official mock: a token for a user without a consent page, and an empty
    /// refresh token.
    pub(crate) fn mock_token(
        &self,
        client: &str,
        user: TwitchId,
        scopes: Vec<String>,
        now_ms: i64,
    ) -> Issued {
        let mut state = self.lock();
        let client: Arc<str> = client.into();
        state.consents.entry((Arc::clone(&client), user)).or_default().extend(scopes.iter().cloned());
        let mut issued = state.grant(Grant { client, user, scopes: scopes.into() }, now_ms);
        issued.refresh_token = Some(String::new());
        issued
    }

    /// The live access token `token`, if it is one.
    pub(crate) fn find(&self, token: &str, now_ms: i64) -> Option<Access> {
        self.lock().access.get(token).filter(|access| access.expires_ms > now_ms).cloned()
    }

    /// Ends one access token; a refresh token given instead ends with its access tokens.
    pub(crate) fn revoke(&self, client: &str, token: &str, now_ms: i64) -> bool {
        let mut state = self.lock();
        let live = |access: &Access| &*access.client == client && access.expires_ms > now_ms;
        if state.access.get(token).is_some_and(live) {
            return state.remove_access(token);
        }
        let Some(refresh) = state.refresh.get_mut(token) else { return false };
        if &*refresh.grant.client != client || refresh.state != RefreshState::Alive {
            return false;
        }
        refresh.state = RefreshState::Used;
        for token in std::mem::take(&mut refresh.access) {
            state.access.remove(&token);
        }
        true
    }

    /// One access token stops working, as if it had expired; its refresh token goes on.
    pub(crate) fn kill_access(&self, token: &str) {
        self.lock().remove_access(token);
    }

    /// Every access token of a user expires now; their refresh tokens go on.
    pub(crate) fn expire(&self, user: TwitchId) {
        self.lock().access.retain(|_, access| access.user != Some(user));
    }

    /// Refresh tokens of a user are dead (400), access tokens live on.
    pub(crate) fn kill_refresh(&self, user: TwitchId) {
        let mut state = self.lock();
        for refresh in state.refresh.values_mut().filter(|refresh| refresh.grant.user == user) {
            refresh.state = RefreshState::Used;
        }
    }

    /// The user disconnected the application, or changed their password: everything ends.
    pub(crate) fn sever(&self, user: TwitchId, client: Option<&str>) {
        self.lock().sever(user, client);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(ALPHABET[self.rng.random_range(0..36)])).collect()
    }

    /// A new refresh token with its first access token.
    fn grant(&mut self, grant: Grant, now_ms: i64) -> Issued {
        let refresh = self.token(50);
        let entry = Refresh { grant: grant.clone(), state: RefreshState::Alive, access: VecDeque::new() };
        self.refresh.insert(refresh.clone(), entry);
        self.issue(grant, refresh, now_ms)
    }

    fn issue(&mut self, grant: Grant, refresh: String, now_ms: i64) -> Issued {
        let access_token = self.token(30);
        // Real lifetimes are a little less than the round figure.
        let expires_in = (self.user_token_s - self.rng.random_range(0..=self.user_token_s / 40)).max(1);
        if let Some(entry) = self.refresh.get_mut(&refresh) {
            entry.access.push_back(access_token.clone());
            if entry.access.len() > ACCESS_PER_REFRESH
                && let Some(oldest) = entry.access.pop_front()
            {
                self.access.remove(&oldest);
            }
        }
        let access = Access {
            client: grant.client,
            user: Some(grant.user),
            scopes: Arc::clone(&grant.scopes),
            expires_ms: now_ms + expires_in * 1_000,
            refresh: Some(refresh.clone()),
        };
        self.access.insert(access_token.clone(), access);
        Issued {
            access_token,
            expires_in,
            refresh_token: Some(refresh),
            scope: grant.scopes.to_vec(),
            token_type: "bearer",
        }
    }

    fn remove_access(&mut self, token: &str) -> bool {
        let Some(access) = self.access.remove(token) else { return false };
        if let Some(refresh) = access.refresh.and_then(|refresh| self.refresh.get_mut(&refresh)) {
            refresh.access.retain(|held| held != token);
        }
        true
    }

    fn sever(&mut self, user: TwitchId, client: Option<&str>) {
        let hit = |of: &str| client.is_none_or(|client| client == of);
        self.access.retain(|_, access| access.user != Some(user) || !hit(&access.client));
        self.codes.retain(|_, code| code.grant.user != user || !hit(&code.grant.client));
        self.consents.retain(|(of, who), _| *who != user || !hit(of));
        for refresh in self.refresh.values_mut() {
            if refresh.grant.user == user && hit(&refresh.grant.client) {
                refresh.state = RefreshState::Severed;
                refresh.access.clear();
            }
        }
    }
}
