/* Certificates and keys, made for a test. */
#ifndef SUPPORT_IDENTITY_H
#define SUPPORT_IDENTITY_H

enum { PATH_SIZE = 64 };

/* A certificate and its key in a folder of their own; days of its validity from now, both may be negative. */
struct identity {
	char folder[PATH_SIZE / 2], certificate[PATH_SIZE], key[PATH_SIZE];
};
void identity_make(struct identity *identity, int from, int to);
void identity_remove(const struct identity *identity);
void identity_write(const char *path, const char *text);

#endif
