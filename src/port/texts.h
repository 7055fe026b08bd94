/*
 * The operator's own texts, of the server or of a domain: one source for each language, which is a .po, its compiled form, and
 * the versions before it.
 */
#ifndef PORT_TEXTS_H
#define PORT_TEXTS_H

#include <stddef.h>
#include <time.h>

enum {
	TEXTS_VERSIONS = 10,      /* that are kept of a language */
	TEXTS_SIZE = 1024 * 1024, /* octets of a source */
};

/* A version of a source; an empty one means that there were no texts. */
struct texts_version {
	unsigned number; /* from 1; a higher one is newer */
	time_t time;     /* when it was replaced */
	size_t len;      /* octets */
};

/* What to store: both forms together, with their lengths. An empty source removes the texts of the language. */
struct texts_change {
	const char *source, *compiled;
	size_t source_len, compiled_len;
};

/* Files among the texts that no server uses. */
enum texts_stray {
	TEXTS_NOT_COMPILED, /* a source without its compiled form */
	TEXTS_NO_SOURCE,    /* a compiled form without its source, which a change would lose */
	TEXTS_NO_LANGUAGE,  /* a file that is in no folder of a language */
	TEXTS_NO_DOMAIN,    /* a folder @NAME whose name is not that of a domain in lower case, as its A-label */
};

struct texts;

/* Functions for what is found. The strings are valid during the call only. */
typedef void texts_language_fn(void *context, const char *language);
typedef void texts_domain_fn(void *context, const char *domain);
typedef void texts_version_fn(void *context, const struct texts_version *version);
typedef void texts_stray_fn(void *context, enum texts_stray stray, const char *path);

/* A language is a locale name, such as "pt_BR". Functions return 0, or -1 with errno. */
struct texts_ops {
	/* Excludes other changes, of whatever domain, until close(). EWOULDBLOCK: another process makes one. */
	int (*lock)(struct texts *texts);

	/* Calls for each domain that has texts, in the order of their names; of the texts of the server. */
	int (*each_domain)(struct texts *texts, texts_domain_fn *call, void *context);

	/* Calls for each language that has a source or a compiled form, in the order of their names. */
	int (*each_language)(struct texts *texts, texts_language_fn *call, void *context);

	/*
	 * Reads a source: version 0 is the one in use. The caller frees the octets, which a NUL follows. Returns NULL with
	 * errno: ENOENT if there is none, EFBIG.
	 */
	char *(*read)(struct texts *texts, const char *language, unsigned version, size_t *len);

	/* The same for the compiled form in use. */
	char *(*read_compiled)(struct texts *texts, const char *language, size_t *len);

	/* Where the source is, for messages. Returns a string of the backend, until the next call. */
	const char *(*name)(struct texts *texts, const char *language);

	/* Calls for each version before the one in use, newest first. */
	int (*each_version)(struct texts *texts, const char *language, texts_version_fn *call, void *context);

	/*
	 * Keeps the source in use as a version, unless the new one is the same, removes versions beyond TEXTS_VERSIONS,
	 * and puts the new texts in place, on stable storage. A reader sees the old or the new texts, never a part.
	 * Must be locked.
	 */
	int (*replace)(struct texts *texts, const char *language, const struct texts_change *change);

	/* Calls for what is not used. */
	int (*each_stray)(struct texts *texts, texts_stray_fn *call, void *context);

	void (*close)(struct texts *texts);
};

struct texts {
	const struct texts_ops *ops;
};

#endif
