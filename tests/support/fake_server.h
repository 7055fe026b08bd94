/* A server of the local machine that behaves as a test wants, in threads of its own. */
#ifndef SUPPORT_FAKE_SERVER_H
#define SUPPORT_FAKE_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct fake_service {
	/* Speaks on a connection, which is closed when this returns; connections are numbered from 1. */
	void (*speak)(struct fake_service *fake, int connection, unsigned number);
	void *context;

	char endpoint[128]; /* where it is */
	int listener;
	pthread_t thread;
	atomic_uint connections; /* so far */
	atomic_uint open;
	int crowd[8]; /* connections that fill it at first, and their number */
	size_t crowded;
};

/* Listens at a socket in the working folder, or at a port of 127.0.0.1. speak is to be set. */
void fake_service_open(struct fake_service *fake, bool local);

/* The same at a socket, which takes nobody more: it is full for 100 milliseconds. */
void fake_service_open_crowded(struct fake_service *fake);

/* The number of connections that it has taken, once they are so many: it takes them after the client has them. */
unsigned fake_service_connections(struct fake_service *fake, unsigned wanted);

/* Returns when all its connections have ended. */
void fake_service_close(struct fake_service *fake);

#endif
