//! Subscription types: version, condition and scopes.

use std::collections::BTreeMap;

/// A condition as the client wrote it.
pub(crate) type Condition = BTreeMap<String, String>;

/// One subscription type.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// Keys that a condition must have. Raids need exactly one of theirs.
    pub(crate) keys: &'static [&'static str],
    /// All of these, each by any of its alternatives.
    pub(crate) scopes: &'static [&'static [&'static str]],
    /// Which key must be the token's user.
    pub(crate) acting: Option<&'static str>,
}

const BROADCASTER: &[&str] = &["broadcaster_user_id"];
const MODERATED: &[&str] = &["broadcaster_user_id", "moderator_user_id"];
const MODERATOR: Option<&str> = Some("moderator_user_id");
const FREE: &[&[&str]] = &[];
const SUSPICIOUS: &[&[&str]] = &[&["moderator:read:suspicious_users"]];
const SHIELD: &[&[&str]] = &[&["moderator:read:shield_mode", "moderator:manage:shield_mode"]];
const MODERATE: &[&[&str]] = &[
    &["moderator:read:blocked_terms", "moderator:manage:blocked_terms"],
    &["moderator:read:chat_settings", "moderator:manage:chat_settings"],
    &["moderator:read:unban_requests", "moderator:manage:unban_requests"],
    &["moderator:read:banned_users", "moderator:manage:banned_users"],
    &["moderator:read:chat_messages", "moderator:manage:chat_messages"],
    &["moderator:read:warnings", "moderator:manage:warnings"],
    &["moderator:read:moderators"],
    &["moderator:read:vips"],
];

const fn kind(
    name: &'static str,
    version: &'static str,
    keys: &'static [&'static str],
    scopes: &'static [&'static [&'static str]],
    acting: Option<&'static str>,
) -> Kind {
    Kind { name, version, keys, scopes, acting }
}

pub(crate) static KINDS: [Kind; 13] = [
    kind("channel.raid", "1", &[], FREE, None),
    kind("stream.online", "1", BROADCASTER, FREE, None),
    kind("stream.offline", "1", BROADCASTER, FREE, None),
    kind("channel.update", "2", BROADCASTER, FREE, None),
    kind("channel.follow", "2", MODERATED, &[&["moderator:read:followers"]], MODERATOR),
    kind(
        "channel.chat.message",
        "1",
        &["broadcaster_user_id", "user_id"],
        &[&["user:read:chat"]],
        Some("user_id"),
    ),
    kind("channel.ban", "1", BROADCASTER, &[&["channel:moderate"]], Some("broadcaster_user_id")),
    kind("channel.moderate", "2", MODERATED, MODERATE, MODERATOR),
    kind("channel.suspicious_user.message", "1", MODERATED, SUSPICIOUS, MODERATOR),
    kind("channel.suspicious_user.update", "1", MODERATED, SUSPICIOUS, MODERATOR),
    kind("channel.shield_mode.begin", "1", MODERATED, SHIELD, MODERATOR),
    kind("channel.shield_mode.end", "1", MODERATED, SHIELD, MODERATOR),
    kind("user.authorization.revoke", "1", &["client_id"], FREE, None),
];

/// Keys of which a raid's condition has exactly one.
pub(crate) const RAID_KEYS: [&str; 2] = ["from_broadcaster_user_id", "to_broadcaster_user_id"];

impl Kind {
    pub(crate) fn find(name: &str, version: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name && kind.version == version)
    }

    /// Keeps what the type knows of a condition; `None` if something is missing.
    pub(crate) fn condition(&self, given: &Condition) -> Option<Condition> {
        let keys: Vec<&str> = if self.name == "channel.raid" {
            let sides = RAID_KEYS.into_iter().filter(|key| given.get(*key).is_some_and(|id| !id.is_empty()));
            sides.collect()
        } else {
            self.keys.to_vec()
        };
        if self.name == "channel.raid" && keys.len() != 1 {
            return None;
        }
        keys.into_iter().map(|key| Some((key.to_owned(), given.get(key)?.clone()))).collect()
    }

    /// The scope that is missing, if one is.
    pub(crate) fn missing_scope(&self, granted: &[String]) -> Option<&'static str> {
        let has = |any_of: &[&str]| granted.iter().any(|scope| any_of.contains(&scope.as_str()));
        self.scopes.iter().find(|any_of| !has(any_of)).and_then(|any_of| any_of.first().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(pairs: &[(&str, &str)]) -> Condition {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_raid_is_watched_from_one_side() {
        let raid = Kind::find("channel.raid", "1").unwrap();
        assert!(raid.condition(&condition(&[("to_broadcaster_user_id", "1")])).is_some());
        assert!(raid.condition(&condition(&[])).is_none());
        let both = [("to_broadcaster_user_id", "1"), ("from_broadcaster_user_id", "2")];
        assert!(raid.condition(&condition(&both)).is_none());
        // Some clients send the side they do not use as an empty text.
        let one = [("to_broadcaster_user_id", "1"), ("from_broadcaster_user_id", "")];
        assert_eq!(raid.condition(&condition(&one)).unwrap().len(), 1);
    }

    #[test]
    fn scopes_have_alternatives() {
        let shield = Kind::find("channel.shield_mode.begin", "1").unwrap();
        assert_eq!(shield.missing_scope(&[]), Some("moderator:read:shield_mode"));
        assert_eq!(shield.missing_scope(&["moderator:manage:shield_mode".to_owned()]), None);
        assert!(Kind::find("channel.follow", "1").is_none());
    }
}
