-- Whom captures had seen that retention or a moderator has removed: without it everybody would be new on a channel again.
-- Rows are added, never changed but to take somebody out.
CREATE TABLE IF NOT EXISTS seen_in_removed (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    channel_id BIGINT UNSIGNED NOT NULL,
    until      DATETIME(6) NOT NULL COMMENT 'when the last of those captures was made, all of one day',
    accounts   INT UNSIGNED NOT NULL,
    roster     MEDIUMBLOB NOT NULL COMMENT 'those of them whom no row until then has: see common::roster',
    KEY by_channel (channel_id, until, accounts)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
