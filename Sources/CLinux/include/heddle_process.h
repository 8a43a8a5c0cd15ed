// Processes, locks and sockets of the daemon: calls that Swift cannot import because Glibc is imported without
// _GNU_SOURCE, or that take part in fork. Descriptors are close-on-exec and the caller's; errors are -errno.
#ifndef HEDDLE_PROCESS_H
#define HEDDLE_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Starts `path` in a session of its own with the descriptors `passed[0…count-1]` as 3, 4, …, standard input and output
// at /dev/null, standard error at `error_fd`, all other descriptors closed, no signal blocked, every signal but SIGPIPE
// at its default. Returns the process id or -errno.
pid_t heddle_spawn(const char *path, char *const arguments[], const int *passed, int count, int error_fd);
// A descriptor that can be read when the process has ended.
int heddle_pidfd_open(pid_t pid);
// Sends a signal to the process behind a pidfd, never to another one with the same number.
int heddle_pidfd_signal(int pidfd, int signal);
// Whether the child has ended; takes its status then. 1, 0 or -errno; *status as of waitpid.
int heddle_reap(pid_t pid, int *status);

// Opens or makes the file and locks it (flock, exclusive, without waiting). Returns the descriptor; -EWOULDBLOCK if
// somebody holds the lock.
int heddle_lock_file(const char *path);

// The kernel's number for the network namespace of a socket, never given twice in one boot (SO_NETNS_COOKIE, 5.14).
// 0 or -errno.
int heddle_socket_namespace_cookie(int fd, uint64_t *cookie);
// A datagram socket in the calling thread's namespace, for nothing but asking about it.
int heddle_probe_socket(void);
// Bounds how long a receive waits; 0: for ever. 0 or -errno.
int heddle_socket_set_timeout(int fd, int milliseconds);
// The process that listens at the other end of a connected unix socket, or that called listen() last.
pid_t heddle_socket_peer(int fd);

// Effective capabilities of the calling thread, bit n for capability n. 0 or -errno.
int heddle_capabilities(uint64_t *bits);
// Names the calling thread for ps and top; 15 bytes at most.
void heddle_name_thread(const char *name);
// An unnamed pipe; its writing end never blocks, so that a reader that stands still can't stop the writer.
int heddle_log_pipe(int *reading, int *writing);

#endif
