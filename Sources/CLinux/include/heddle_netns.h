// Network namespaces: the calls that Swift cannot import because Glibc is imported without _GNU_SOURCE.
// All return 0 (or a descriptor) on success and -errno on failure; descriptors are close-on-exec and the caller's.
#ifndef HEDDLE_NETNS_H
#define HEDDLE_NETNS_H

#include <stdint.h>

// Opens the calling thread's network namespace.
int heddle_netns_current(void);
// Opens a namespace file (a name under /run/netns, /proc/PID/ns/net, …) without opening what else may lie there:
// O_PATH first, then the real open only if it is a file of the nsfs. -EINVAL if it is none, or is not a network
// namespace. Devices and FIFOs are therefore never touched.
int heddle_netns_open(const char *path);
// Moves the calling thread, and only it, into the network namespace.
int heddle_netns_enter(int fd);
// Moves the calling thread, and only it, into a fresh network namespace.
int heddle_netns_unshare(void);

// Opens the host's mount namespace: process 1's; where that may not be looked at, the one of the kernel's threads, or
// else of the outermost ancestor that may. -EEXIST if the calling thread is in it already, -ENOENT if none is to be had.
int heddle_mountns_open_host(void);
// Moves the calling thread, and only it, into a mount namespace. For threads that end soon after.
int heddle_mountns_enter(int fd);
// Moves the calling thread, and only it, into a copy of its mount namespace whose mounts don't reach others, as
// `ip netns exec` does. For threads that end soon after.
int heddle_mountns_unshare(void);

// Binds the namespace file behind `fd` over the empty file `path`, made if it is missing. 0 also if it is bound there
// already; -EEXIST if something else lies there.
int heddle_netns_bind(int fd, const char *path);
// Takes away what heddle_netns_bind made. 0 also if there is nothing; -EINVAL if `path` is something else.
int heddle_netns_unbind(const char *path);

// Device and inode number of an open file, the identity of a namespace. 0 or -errno.
int heddle_file_identity(int fd, uint64_t *device, uint64_t *inode);

#endif
