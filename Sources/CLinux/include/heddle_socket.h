// Unix sockets that carry descriptors. CMSG_* are macros that Swift cannot import.
#ifndef HEDDLE_SOCKET_H
#define HEDDLE_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Listens at `path` (SOCK_SEQPACKET, close-on-exec, mode 0600). Removes a stale socket file first.
// Returns the descriptor or -errno.
int heddle_seqpacket_listen(const char *path);

// Connects to `path`. Returns the descriptor (blocking, close-on-exec) or -errno.
int heddle_seqpacket_connect(const char *path);

// Accepts one connection of a process of the same user or of root. Returns the descriptor or -errno
// (-EPERM: somebody else's). Sending on it fails with -EAGAIN after a second in which the peer took nothing.
int heddle_seqpacket_accept(int listener);

// Sends one message with at most one descriptor (`passed` < 0: none). The caller keeps its descriptor.
// Returns the bytes sent or -errno.
ssize_t heddle_send_message(int fd, const void *bytes, size_t count, int passed);

// Receives one message; *passed is the descriptor that came with it, or -1; the caller owns it (close-on-exec).
// Returns the bytes received (0: the other side is gone) or -errno; -EMSGSIZE if the message was longer than
// `capacity`. `flags` are recvmsg's.
ssize_t heddle_receive_message(int fd, void *bytes, size_t capacity, int *passed, int flags);

#endif
