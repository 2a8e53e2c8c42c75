-- Broadcasts, captures of a channel's chat, and the analysis sessions that select captures.

CREATE TABLE IF NOT EXISTS streams (
    id         BIGINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'the Twitch stream id',
    channel_id BIGINT UNSIGNED NOT NULL,
    title      VARCHAR(255) NOT NULL DEFAULT '',
    started_at DATETIME(6) NOT NULL,
    ended_at   DATETIME(6) NULL,
    seen_at    DATETIME(6) NOT NULL COMMENT 'when Twitch last listed it',
    viewer_count INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'at seen_at',
    KEY by_channel (channel_id, started_at),
    KEY running (ended_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- A capture belongs to a channel; whoever asked for the same slot shares it.
-- `pending` has no roster yet; `failed` and `missed` are gaps and say why; only `complete` is ever counted.
CREATE TABLE IF NOT EXISTS captures (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    channel_id     BIGINT UNSIGNED NOT NULL,
    slot           DATETIME(6) NOT NULL,
    stream_id      BIGINT UNSIGNED NULL,
    status         ENUM ('pending', 'complete', 'failed', 'missed') NOT NULL DEFAULT 'pending',
    reason         VARCHAR(64) CHARACTER SET ascii NULL,
    captured_at    DATETIME(6) NULL,
    chatters_count INT UNSIGNED NOT NULL DEFAULT 0,
    new_count      INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'never seen on this channel before',
    arrived_count  INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'absent from the previous capture',
    left_count     INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'present in the previous capture only',
    viewer_count   INT UNSIGNED NULL COMMENT 'of the stream at that moment',
    roster         MEDIUMBLOB NULL COMMENT 'roaring bitmap (portable format) of accounts.id',
    UNIQUE KEY captures_channel_slot (channel_id, slot),
    KEY by_time (channel_id, status, captured_at),
    KEY by_stream (stream_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Everyone ever seen on a channel: what makes `new_count` one bitmap difference.
CREATE TABLE IF NOT EXISTS channel_seen (
    channel_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    capture_id BIGINT UNSIGNED NOT NULL COMMENT 'the last capture counted in',
    accounts   INT UNSIGNED NOT NULL,
    roster     MEDIUMBLOB NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS sessions (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid       CHAR(36) CHARACTER SET ascii NOT NULL,
    user_id    BIGINT UNSIGNED NOT NULL,
    status     ENUM ('active', 'saved', 'expired', 'deleted') NOT NULL DEFAULT 'active',
    name       VARCHAR(120) NOT NULL DEFAULT '',
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NULL,
    -- At most one active session a user: the key ignores the nulls of all others.
    active_user BIGINT UNSIGNED AS (IF(status = 'active', user_id, NULL)) PERSISTENT,
    UNIQUE KEY sessions_uuid (uuid),
    UNIQUE KEY sessions_one_active (active_user),
    KEY by_user (user_id, status, updated_at),
    KEY expiry (status, expires_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS session_captures (
    session_id BIGINT UNSIGNED NOT NULL,
    capture_id BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (session_id, capture_id),
    KEY by_capture (capture_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS raids (
    id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    message_id       VARCHAR(64) CHARACTER SET ascii NOT NULL COMMENT 'EventSub delivers at least once',
    from_channel_id  BIGINT UNSIGNED NOT NULL,
    to_channel_id    BIGINT UNSIGNED NOT NULL,
    from_login       VARCHAR(64) CHARACTER SET ascii NOT NULL,
    viewers          INT UNSIGNED NOT NULL,
    raided_at        DATETIME(6) NOT NULL,
    UNIQUE KEY raids_message (message_id),
    KEY by_target (to_channel_id, raided_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
