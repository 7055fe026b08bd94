-- The schema of version 7: each change of what servers keep answers about is announced to them. Subjects are "d:" and a domain,
-- "a:" and an address, "n" for entries of networks, "s" for entries of senders, and "*" for all.
CREATE TABLE changes (
	number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	mark bigint NOT NULL DEFAULT floor(random() * 9007199254740992),
	subject text COLLATE "C" NOT NULL
);
INSERT INTO changes (subject) VALUES ('*');

-- An engine without notifications has none here: servers then read the table once a second.
CREATE FUNCTION ftgate_notify() RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
	PERFORM pg_notify('ftgate', '');
END $body$;

-- The last 10,000 changes are kept; servers that have missed more drop all answers.
CREATE FUNCTION ftgate_announce(what text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
	n bigint;
BEGIN
	INSERT INTO changes (subject) VALUES (what) RETURNING number INTO n;
	IF n % 256 = 0 THEN
		DELETE FROM changes WHERE number BETWEEN n - 11024 AND n - 10000;
	END IF;
	PERFORM ftgate_notify();
END $body$;

-- Of two transactions that change records, one waits for the other, so that the order of numbers is that of their commits. The
-- lock is that of ftgatectl, and is taken before any row is locked.
CREATE FUNCTION ftgate_lock_changes() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	PERFORM version FROM ftgate_schema FOR UPDATE;
	RETURN NULL;
END $body$;
CREATE TRIGGER domains_locked BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON domains
	FOR EACH STATEMENT EXECUTE FUNCTION ftgate_lock_changes();
CREATE TRIGGER accounts_locked BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON accounts
	FOR EACH STATEMENT EXECUTE FUNCTION ftgate_lock_changes();
CREATE TRIGGER aliases_locked BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON aliases
	FOR EACH STATEMENT EXECUTE FUNCTION ftgate_lock_changes();
CREATE TRIGGER access_locked BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON access
	FOR EACH STATEMENT EXECUTE FUNCTION ftgate_lock_changes();

CREATE FUNCTION ftgate_announce_domain() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM ftgate_announce('d:' || OLD.name);
	END IF;
	IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR NEW.name <> OLD.name) THEN
		PERFORM ftgate_announce('d:' || NEW.name);
	END IF;
	RETURN NULL;
END $body$;
CREATE TRIGGER domain_announced AFTER INSERT OR UPDATE OR DELETE ON domains
	FOR EACH ROW EXECUTE FUNCTION ftgate_announce_domain();

-- The alias * is for all addresses of its domain. The domain may be gone with its addresses.
CREATE FUNCTION ftgate_announce_name(in_domain bigint, local text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
	domain_name text;
BEGIN
	SELECT name INTO domain_name FROM domains WHERE id = in_domain;
	IF domain_name IS NULL THEN
		PERFORM ftgate_announce('*');
	ELSIF local = '*' THEN
		PERFORM ftgate_announce('d:' || domain_name);
	ELSE
		PERFORM ftgate_announce('a:' || local || '@' || domain_name);
	END IF;
END $body$;

CREATE FUNCTION ftgate_announce_address() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM ftgate_announce_name(OLD.domain, OLD.local);
	END IF;
	IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR NEW.domain <> OLD.domain OR NEW.local <> OLD.local) THEN
		PERFORM ftgate_announce_name(NEW.domain, NEW.local);
	END IF;
	RETURN NULL;
END $body$;
CREATE TRIGGER account_announced AFTER INSERT OR UPDATE OR DELETE ON accounts
	FOR EACH ROW EXECUTE FUNCTION ftgate_announce_address();
CREATE TRIGGER alias_announced AFTER INSERT OR UPDATE OR DELETE ON aliases
	FOR EACH ROW EXECUTE FUNCTION ftgate_announce_address();

CREATE FUNCTION ftgate_announce_access() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		PERFORM ftgate_announce(CASE WHEN OLD.sender IS NULL THEN 'n' ELSE 's' END);
	END IF;
	IF TG_OP <> 'DELETE' AND (TG_OP = 'INSERT' OR (NEW.sender IS NULL) <> (OLD.sender IS NULL)) THEN
		PERFORM ftgate_announce(CASE WHEN NEW.sender IS NULL THEN 'n' ELSE 's' END);
	END IF;
	RETURN NULL;
END $body$;
CREATE TRIGGER access_announced AFTER INSERT OR UPDATE OR DELETE ON access
	FOR EACH ROW EXECUTE FUNCTION ftgate_announce_access();

CREATE FUNCTION ftgate_announce_all() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
	PERFORM ftgate_announce('*');
	RETURN NULL;
END $body$;
CREATE TRIGGER domains_emptied AFTER TRUNCATE ON domains FOR EACH STATEMENT EXECUTE FUNCTION ftgate_announce_all();
CREATE TRIGGER accounts_emptied AFTER TRUNCATE ON accounts FOR EACH STATEMENT EXECUTE FUNCTION ftgate_announce_all();
CREATE TRIGGER aliases_emptied AFTER TRUNCATE ON aliases FOR EACH STATEMENT EXECUTE FUNCTION ftgate_announce_all();
CREATE TRIGGER access_emptied AFTER TRUNCATE ON access FOR EACH STATEMENT EXECUTE FUNCTION ftgate_announce_all();
