/** What ZooKeeper's servers say, read; for the tests too. */
#ifndef BALLAST_KAFKA_ZOOKEEPER_PRIVATE_H
#define BALLAST_KAFKA_ZOOKEEPER_PRIVATE_H

#include "ballast/kafka/zookeeper.h"

/** Reads the answer of "srvr" and of "mntr" into the server, whose other fields stay. */
void bl_zookeeper_read_srvr(const char *text, struct bl_zookeeper_server *server);
void bl_zookeeper_read_mntr(const char *text, struct bl_zookeeper_server *server);

#endif
