-- The schema of version 8. A server reads marks on behind the name of the last one, which must fit. A stamp keeps a late
-- statement of a server from undoing a newer one.
DELETE FROM limit_marks WHERE octet_length(name) > 39;
ALTER TABLE limit_marks ADD CHECK (octet_length(name) <= 39);
ALTER TABLE limit_marks ADD COLUMN stamp bigint NOT NULL DEFAULT 0;
