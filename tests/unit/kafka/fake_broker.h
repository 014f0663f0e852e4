/** A broker that expects what the test says, and answers what the test says. */
#ifndef BALLAST_TEST_FAKE_BROKER_H
#define BALLAST_TEST_FAKE_BROKER_H

#include <pthread.h>

#include "ballast/base/attrs.h"

/* Offers every call that we have, each in the version that we use. */
#define OFFER                                                                                   \
    "00000001 0000 09 0003 0005 0005 00 0012 0000 0003 00 0023 0001 0001 00 002b 0002 0002 00 " \
    "002d 0000 0000 00 002e 0000 0000 00 0037 0000 0001 00 0039 0001 0001 00 00000000 00"
#define HELLO "0012 0003 00000001 0007 'ballast' 00 08 'ballast' 02 '0' 00"

struct fake {
    int fd, port;
    const char *expected[4],
        *answers[4]; /* frames, whose size is added unless one begins with '!' */
    pthread_t thread;
    bool wrong;
};

/** Listens on a port of its own, for one connection. */
void fake_start(struct fake *fake);
/** Waits until everything was asked for. */
void fake_stop(struct fake *fake);

#endif
