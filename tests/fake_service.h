/* A server of the local machine that behaves as a test wants, in threads of its own. */
#ifndef FAKE_SERVICE_H
#define FAKE_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct fake_service {
	/* Speaks on a connection, which is closed when this returns; connections are numbered from 1. */
	void (*speak)(struct fake_service *fake, int connection, unsigned number);
	void *context;
	int backlog;      /* connections that wait to be taken, but for one; 0: as many as come */
	atomic_bool held; /* none is taken for now */

	char endpoint[128]; /* where it is */
	int listener;
	pthread_t thread;
	atomic_uint connections; /* so far */
	atomic_uint open;
};

/* Listens at a socket in the working folder, or at a port of 127.0.0.1. speak is to be set. */
void fake_service_open(struct fake_service *fake, bool local);

/* Returns when all its connections have ended. */
void fake_service_close(struct fake_service *fake);

#endif
