//! Where tower-sessions keeps its records: our Redis connection, one JSON string a session.

use async_trait::async_trait;
use common::{redis_keys, redis_store::Redis};
use redis::{AsyncTypedCommands as _, ExistenceCheck, SetExpiry, SetOptions};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// Sessions in Redis.
#[derive(Clone, Debug)]
pub(crate) struct RedisStore(Redis);

impl RedisStore {
    pub(super) fn new(redis: Redis) -> Self {
        Self(redis)
    }

    /// Whether the record was stored, which depends on whether its key must be new or there.
    async fn set(&self, record: &Record, existence: ExistenceCheck) -> Result<bool> {
        let json = serde_json::to_string(record).map_err(|error| Error::Encode(error.to_string()))?;
        let end = u64::try_from(record.expiry_date.unix_timestamp()).unwrap_or(1);
        let options = SetOptions::default().conditional_set(existence).with_expiration(SetExpiry::EXAT(end));
        let stored = self.0.shared().set_options(key(&record.id), json, options).await.map_err(backend)?;
        Ok(stored.is_some())
    }
}

fn key(id: &Id) -> String {
    redis_keys::web_session(&id.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn backend(error: redis::RedisError) -> Error {
    common::metrics::storage::REDIS_ERRORS.inc();
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !self.set(record, ExistenceCheck::NX).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    /// A session that was deleted meanwhile (a logout in another tab) is not brought back.
    async fn save(&self, record: &Record) -> Result<()> {
        self.set(record, ExistenceCheck::XX).await.map(drop)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let json = self.0.shared().get(key(id)).await.map_err(backend)?;
        Ok(json.and_then(|json| match serde_json::from_str(&json) {
            Ok(record) => Some(record),
            Err(error) => {
                // Written by another version: whoever it was logs in again.
                tracing::warn!(%error, "web_session.unreadable");
                None
            }
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.shared().del(key(id)).await.map(drop).map_err(backend)
    }
}
