-- Rosters leave `captures` for a table of their own, in parts. InnoDB gives a value that is longer than half a page pages of
-- its own and leaves the rest of them empty, and rows that come between others leave pages half empty; parts are small, and
-- stored in the order in which they come (docs/PERFORMANCE.md). What only asks about captures no longer reads past rosters.
-- Made before the first release: no older code runs beside it, so the column goes at once.

CREATE TABLE IF NOT EXISTS rosters (
    id    BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    bytes VARBINARY(740) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci
  COMMENT = 'parts of roaring bitmaps (portable format) of accounts.id';

ALTER TABLE captures
    ADD COLUMN IF NOT EXISTS roster_id    BIGINT UNSIGNED NULL COMMENT 'the first part of its roster; the others follow',
    ADD COLUMN IF NOT EXISTS roster_parts SMALLINT UNSIGNED NOT NULL DEFAULT 0;

-- When this was cut off after its last statement, there is nothing left to move. Otherwise each part has its place, also when
-- it is moved again.
SET @parts = 'SELECT id AS capture, CEIL(LENGTH(roster) / 740) AS parts,
                     SUM(CEIL(LENGTH(roster) / 740)) OVER (ORDER BY id) - CEIL(LENGTH(roster) / 740) + 1 AS first
              FROM captures WHERE roster IS NOT NULL';
SET @is_there = EXISTS (SELECT 1 FROM information_schema.columns
                        WHERE table_schema = DATABASE() AND table_name = 'captures' AND column_name = 'roster');
SET @copy = CONCAT('INSERT IGNORE INTO rosters (id, bytes)
                    SELECT first + seq, SUBSTRING(roster, seq * 740 + 1, 740)
                    FROM (', @parts, ') AS place JOIN captures ON captures.id = place.capture
                    JOIN seq_0_to_65535 ON seq < place.parts ORDER BY 1');
SET @point = CONCAT('UPDATE captures JOIN (', @parts, ') AS place ON captures.id = place.capture
                     SET roster_id = first, roster_parts = place.parts');
SET @copy = IF(@is_there, @copy, 'DO 0'), @point = IF(@is_there, @point, 'DO 0');
EXECUTE IMMEDIATE @copy;
EXECUTE IMMEDIATE @point;

-- FORCE: the pages are given back, which an instant removal would not do.
ALTER TABLE captures DROP COLUMN IF EXISTS roster, FORCE;
