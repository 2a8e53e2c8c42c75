//! The texts of frames.

use serde_json::{Value, json};

use crate::clock::rfc3339_nanos;

/// A frame around a payload. `subscription` is its type and version, where it has one.
pub(crate) fn frame(
    id: &str,
    kind: &str,
    now_ms: i64,
    subscription: Option<(&str, &str)>,
    payload: &Value,
) -> String {
    let mut metadata = json!({
        "message_id": id,
        "message_type": kind,
        "message_timestamp": rfc3339_nanos(now_ms),
    });
    if let Some((name, version)) = subscription {
        metadata["subscription_type"] = json!(name);
        metadata["subscription_version"] = json!(version);
    }
    json!({ "metadata": metadata, "payload": payload }).to_string()
}

/// The session as welcome and reconnect show it.
pub(crate) fn session(
    id: &str,
    connected_ms: i64,
    keepalive_s: Option<u64>,
    reconnect_url: Option<&str>,
) -> Value {
    let status = if reconnect_url.is_some() { "reconnecting" } else { "connected" };
    json!({ "session": {
        "id": id,
        "status": status,
        "connected_at": rfc3339_nanos(connected_ms),
        "keepalive_timeout_seconds": keepalive_s,
        "reconnect_url": reconnect_url,
    } })
}
