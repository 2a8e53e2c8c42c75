-- Moderators' own marks, and what other programs may do on their behalf.

CREATE TABLE IF NOT EXISTS verdicts (
    channel_id BIGINT UNSIGNED NOT NULL,
    account_id INT UNSIGNED NOT NULL,
    user_id    BIGINT UNSIGNED NOT NULL COMMENT 'who said so',
    verdict    ENUM ('people', 'suspicious') NOT NULL,
    marked_at  DATETIME(6) NOT NULL,
    PRIMARY KEY (channel_id, account_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS api_keys (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id      BIGINT UNSIGNED NOT NULL,
    name         VARCHAR(64) NOT NULL,
    hash         BINARY(32) NOT NULL COMMENT 'SHA-256 of the key',
    hint         VARCHAR(8) CHARACTER SET ascii NOT NULL,
    created_at   DATETIME(6) NOT NULL,
    last_used_at DATETIME(6) NULL,
    revoked_at   DATETIME(6) NULL,
    UNIQUE KEY api_keys_hash (hash),
    KEY by_user (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS webhooks (
    id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id         BIGINT UNSIGNED NOT NULL,
    channel_id      BIGINT UNSIGNED NULL,
    kind            ENUM ('generic', 'discord', 'slack') NOT NULL,
    url             VARCHAR(1024) NOT NULL,
    key_id          VARCHAR(32) CHARACTER SET ascii NOT NULL,
    secret          VARBINARY(256) NOT NULL COMMENT 'nonce and ciphertext',
    created_at      DATETIME(6) NOT NULL,
    disabled_at     DATETIME(6) NULL,
    disabled_reason VARCHAR(64) CHARACTER SET ascii NULL,
    KEY by_user (user_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS webhook_deliveries (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    webhook_id   BIGINT UNSIGNED NOT NULL,
    event        VARCHAR(32) CHARACTER SET ascii NOT NULL,
    body         TEXT NOT NULL,
    created_at   DATETIME(6) NOT NULL,
    delivered_at DATETIME(6) NULL,
    attempts     SMALLINT UNSIGNED NOT NULL DEFAULT 0,
    last_status  SMALLINT UNSIGNED NULL,
    KEY by_webhook (webhook_id, created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
