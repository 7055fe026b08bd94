-- The store of mail, as port/store_name.h has it. Null is the domain's, or the one of the configuration.
ALTER TABLE domains ADD COLUMN delivery text COLLATE "C" CHECK (octet_length(delivery) BETWEEN 1 AND 115);
ALTER TABLE accounts ADD COLUMN delivery text COLLATE "C" CHECK (octet_length(delivery) BETWEEN 1 AND 115);
