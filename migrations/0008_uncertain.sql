-- A large room changes while its pages are read. How many chatters the roster may lack, or name although they had left.
ALTER TABLE captures ADD COLUMN IF NOT EXISTS uncertain INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT '0: exactly as many as Twitch counted' AFTER chatters_count;
