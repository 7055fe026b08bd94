-- The schema of version 2: which is the oldest version whose servers can use the tables.
ALTER TABLE ftgate_schema ADD COLUMN compatible int NOT NULL DEFAULT 1;
