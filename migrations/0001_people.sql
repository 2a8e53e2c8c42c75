-- People who log in, the channels they look after and the accounts that are seen in chat.
-- Every statement of every migration can be run twice: MariaDB commits each DDL statement on its own,
-- so a migration that was cut off is simply run again (see docs/DATABASE.md).
-- Times are UTC. A Twitch id is numeric in practice; what is not numeric is refused at the edge.

CREATE TABLE IF NOT EXISTS users (
    id                BIGINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'the Twitch user id',
    login             VARCHAR(64)  CHARACTER SET ascii NOT NULL,
    display_name      VARCHAR(128) NOT NULL,
    profile_image_url VARCHAR(512) NULL,
    created_at        DATETIME(6)  NOT NULL,
    last_login_at     DATETIME(6)  NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS twitch_tokens (
    user_id       BIGINT UNSIGNED NOT NULL PRIMARY KEY COMMENT '0 is the application itself',
    key_id        VARCHAR(32)  CHARACTER SET ascii NOT NULL COMMENT 'which encryption key',
    access_token  VARBINARY(1024) NOT NULL COMMENT 'nonce and ciphertext',
    refresh_token VARBINARY(1024) NULL     COMMENT 'nonce and ciphertext',
    scopes        VARCHAR(1024) CHARACTER SET ascii NOT NULL COMMENT 'space separated, as granted',
    generation    BIGINT UNSIGNED NOT NULL DEFAULT 1 COMMENT 'one more at each replacement',
    expires_at    DATETIME(6)  NULL,
    validated_at  DATETIME(6)  NOT NULL,
    lost_at       DATETIME(6)  NULL COMMENT 'Twitch no longer honours the grant',
    lost_reason   VARCHAR(64)  CHARACTER SET ascii NULL,
    updated_at    DATETIME(6)  NOT NULL,
    KEY validation_due (lost_at, validated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS channels (
    id                BIGINT UNSIGNED NOT NULL PRIMARY KEY COMMENT 'the broadcaster''s Twitch user id',
    login             VARCHAR(64)  CHARACTER SET ascii NOT NULL,
    display_name      VARCHAR(128) NOT NULL,
    profile_image_url VARCHAR(512) NULL,
    created_at        DATETIME(6)  NOT NULL,
    updated_at        DATETIME(6)  NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Who may look into which channel, as Twitch said when last asked.
CREATE TABLE IF NOT EXISTS channel_roles (
    user_id    BIGINT UNSIGNED NOT NULL,
    channel_id BIGINT UNSIGNED NOT NULL,
    role       ENUM ('broadcaster', 'moderator') NOT NULL,
    checked_at DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, channel_id),
    KEY by_channel (channel_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- `id` is dense, so that a roster is a small bitmap of it.
CREATE TABLE IF NOT EXISTS accounts (
    id               INT UNSIGNED    NOT NULL AUTO_INCREMENT PRIMARY KEY,
    twitch_id        BIGINT UNSIGNED NOT NULL,
    login            VARCHAR(64)  NOT NULL,
    display_name     VARCHAR(128) NOT NULL,
    created_at       DATETIME(6)  NULL COMMENT 'of the Twitch account; null until enriched',
    account_type     VARCHAR(16)  CHARACTER SET ascii NOT NULL DEFAULT '',
    broadcaster_type VARCHAR(16)  CHARACTER SET ascii NOT NULL DEFAULT '',
    default_picture  BOOLEAN NULL,
    has_description  BOOLEAN NULL,
    enriched_at      DATETIME(6) NULL,
    enrich_due_at    DATETIME(6) NULL COMMENT 'when to ask Twitch about it; null is never',
    gone_at          DATETIME(6) NULL COMMENT 'Twitch no longer knows it',
    updated_at       DATETIME(6) NOT NULL,
    UNIQUE KEY accounts_twitch_id (twitch_id),
    KEY enrich_due (enrich_due_at),
    KEY changed (updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS account_names (
    account_id   INT UNSIGNED NOT NULL,
    login        VARCHAR(64)  NOT NULL,
    display_name VARCHAR(128) NOT NULL,
    replaced_at  DATETIME(6)  NOT NULL COMMENT 'when another name was first seen',
    PRIMARY KEY (account_id, replaced_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- One row for each transaction that changed accounts which were known before: who keeps a copy in memory reads here
-- which ones, and that none of its answers is out of date. New accounts are not in it: nobody has a copy of them.
CREATE TABLE IF NOT EXISTS account_changes (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at DATETIME(6) NOT NULL COMMENT 'accounts.updated_at of what was changed'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
