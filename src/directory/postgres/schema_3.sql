-- The schema of version 3. What the servers count together: the counts of each under a name, until a time in milliseconds
-- since 1970. A stamp keeps a late statement from undoing a newer one.
CREATE TABLE limit_counts (
	name text COLLATE "C" NOT NULL,
	server bigint NOT NULL,
	count bigint NOT NULL,
	until bigint NOT NULL,
	stamp bigint NOT NULL,
	PRIMARY KEY (name, server)
);
CREATE INDEX limit_counts_until ON limit_counts (until);

-- The temporary blacklist of each service; without a cause: the name was taken from it. The generation is that of the last
-- change, so that servers read what is new.
CREATE TABLE limit_marks (
	service text COLLATE "C" NOT NULL,
	name text COLLATE "C" NOT NULL,
	cause text COLLATE "C" NOT NULL,
	until bigint NOT NULL,
	generation bigint NOT NULL,
	server bigint NOT NULL,
	PRIMARY KEY (service, name)
);
CREATE INDEX limit_marks_generation ON limit_marks (service, generation, name);
CREATE INDEX limit_marks_until ON limit_marks (until);

-- Its row is locked by who changes marks, so that their order of commit is that of their generations.
CREATE TABLE limit_generation (
	one int PRIMARY KEY CHECK (one = 1),
	generation bigint NOT NULL
);
INSERT INTO limit_generation (one, generation) VALUES (1, 0);

-- Work that one server does for all.
CREATE TABLE leases (
	name text COLLATE "C" PRIMARY KEY,
	owner bigint NOT NULL,
	until bigint NOT NULL
);
