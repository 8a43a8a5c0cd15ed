// Netlink sockets and the ethtool ioctl. All return -errno on failure.
#ifndef HEDDLE_NETLINK_H
#define HEDDLE_NETLINK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Opens a NETLINK_ROUTE socket in the calling thread's network namespace, close-on-exec, with extended acks, capped
// acks and strict checking of dump requests where the kernel knows them; stores its port id. `timeout_ms` bounds a
// receive (0: none). Returns the descriptor, the caller's.
int heddle_netlink_open(int nonblocking, int timeout_ms, uint32_t *port);
// Joins a multicast group (RTNLGRP_*).
int heddle_netlink_join(int fd, int group);
// Delivers notifications of all namespaces that have an identifier in the socket's own (NETLINK_LISTEN_ALL_NSID).
int heddle_netlink_listen_all(int fd);
// Enlarges the receive buffer, beyond net.core.rmem_max where the caller has CAP_NET_ADMIN.
int heddle_netlink_set_receive_buffer(int fd, int bytes);
// Sends one datagram to the kernel.
int heddle_netlink_send(int fd, const void *bytes, size_t count);
// Size of the datagram that waits, without taking it. Waits for one unless the socket is non-blocking.
ssize_t heddle_netlink_peek(int fd);
// Takes one datagram: its whole size, which is above `capacity` if it was cut off. `sender` is 0 for the kernel;
// `nsid` is the identifier of the namespace that the notification came from, or -1.
ssize_t heddle_netlink_receive(int fd, void *bytes, size_t capacity, uint32_t *sender, int32_t *nsid);

// A datagram socket for interface ioctls in the calling thread's network namespace.
int heddle_ioctl_socket(void);
// SIOCETHTOOL: `data` is one of ethtool's structures, read and written by the kernel. `name` has at most 15 bytes.
int heddle_ethtool(int fd, const char *name, void *data);

#endif
