-- Viewers who asked to be left out. Only a keyed hash of the Twitch id stays: enough to know them again when a chat lists
-- them, not enough to tell who they are without OPT_OUT_KEY.

CREATE TABLE IF NOT EXISTS opt_outs (
    id       BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    hash     BINARY(32) NOT NULL COMMENT 'HMAC-SHA256 of the Twitch id',
    asked_at DATETIME(6) NOT NULL,
    UNIQUE KEY opt_outs_hash (hash)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
