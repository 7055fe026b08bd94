-- The schema of version 4. What greylisting has seen: the hash of a network, or of a network, a sender and a recipient, under a
-- secret of all servers; times are seconds since 1970.
CREATE TABLE greylist (
	key bigint PRIMARY KEY,
	since bigint NOT NULL,
	until bigint NOT NULL,
	passed bigint NOT NULL
);
CREATE INDEX greylist_until ON greylist (until);

CREATE TABLE greylist_secret (
	one int PRIMARY KEY CHECK (one = 1),
	secret text COLLATE "C" NOT NULL
);
INSERT INTO greylist_secret (one, secret) VALUES (1, replace(gen_random_uuid()::text, '-', ''));
