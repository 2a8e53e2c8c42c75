-- The job queue, what fills it on a schedule, and the record of what was done.

CREATE TABLE IF NOT EXISTS jobs (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind         VARCHAR(32) CHARACTER SET ascii NOT NULL,
    dedup        VARCHAR(96) CHARACTER SET ascii NOT NULL,
    tenant       BIGINT UNSIGNED NOT NULL COMMENT 'the user on whose behalf; 0 is the system',
    priority     TINYINT UNSIGNED NOT NULL COMMENT 'lower runs first',
    state        ENUM ('ready', 'running', 'done', 'dead') NOT NULL DEFAULT 'ready',
    attempt      SMALLINT UNSIGNED NOT NULL DEFAULT 0,
    max_attempt  SMALLINT UNSIGNED NOT NULL,
    run_at       DATETIME(6) NOT NULL,
    published_at DATETIME(6) NULL COMMENT 'when it was announced; null while it is not',
    announced    BOOLEAN AS (published_at IS NOT NULL) PERSISTENT,
    lease_until  DATETIME(6) NULL,
    token        BIGINT UNSIGNED NULL COMMENT 'fences the holder of the lease',
    last_error   VARCHAR(255) NULL COMMENT 'code: detail',
    payload      TEXT NOT NULL COMMENT 'JSON',
    request_id   VARCHAR(64) CHARACTER SET ascii NOT NULL DEFAULT '' COMMENT 'of the request that asked for it',
    created_at   DATETIME(6) NOT NULL,
    finished_at  DATETIME(6) NULL,
    UNIQUE KEY jobs_kind_dedup (kind, dedup),
    KEY due (state, run_at),
    KEY leases (state, lease_until),
    -- A tenant's jobs of one kind: what the queue is fair among.
    KEY lanes (state, kind, tenant, announced, run_at),
    KEY published (published_at),
    KEY finished (state, finished_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- The effects of `probe` jobs, which only fault trials and benchmarks enqueue: a job that has two rows was done twice.
CREATE TABLE IF NOT EXISTS job_probes (
    id     BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_id BIGINT UNSIGNED NOT NULL,
    at     DATETIME(6) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS schedules (
    channel_id       BIGINT UNSIGNED NOT NULL,
    user_id          BIGINT UNSIGNED NOT NULL COMMENT 'whose token',
    interval_minutes TINYINT UNSIGNED NOT NULL,
    only_live        BOOLEAN NOT NULL DEFAULT TRUE,
    next_slot        DATETIME(6) NOT NULL,
    paused_reason    VARCHAR(64) CHARACTER SET ascii NULL,
    created_at       DATETIME(6) NOT NULL,
    updated_at       DATETIME(6) NOT NULL,
    PRIMARY KEY (channel_id, user_id),
    KEY due (paused_reason, next_slot)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Leadership, where one replica must act alone: whoever advances the epoch holds the lease.
CREATE TABLE IF NOT EXISTS leases (
    name        VARCHAR(64) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    holder      BIGINT UNSIGNED NOT NULL,
    epoch       BIGINT UNSIGNED NOT NULL,
    lease_until DATETIME(6) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS audit_logs (
    id      BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at      DATETIME(6) NOT NULL,
    user_id BIGINT UNSIGNED NOT NULL COMMENT '0 is the system',
    action  VARCHAR(64) CHARACTER SET ascii NOT NULL,
    subject VARCHAR(128) NOT NULL,
    detail  TEXT NOT NULL COMMENT 'JSON',
    KEY by_user (user_id, at),
    KEY by_time (at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
