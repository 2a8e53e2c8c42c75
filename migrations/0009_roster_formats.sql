-- Rosters are no longer all stored as bitmaps.
ALTER TABLE rosters COMMENT = 'parts of sets of accounts.id, in one of two formats: see common::roster';
