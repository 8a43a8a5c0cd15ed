#define _GNU_SOURCE
#include "heddle_process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

extern char **environ;

enum { MOST_PASSED = 8, FIRST_PASSED = 3 };

pid_t heddle_spawn(const char *path, char *const arguments[], const int *passed, int count, int error_fd) {
    if (count < 0 || count > MOST_PASSED) return -EINVAL;
    int high[MOST_PASSED + 1];
    int made = 0, error = 0;
    // Moved out of the way first: a descriptor may already have the number that another one shall get.
    for (; made <= count; made++) {
        int from = made < count ? passed[made] : error_fd;
        high[made] = fcntl(from, F_DUPFD_CLOEXEC, FIRST_PASSED + MOST_PASSED + 1);
        if (high[made] < 0) {
            error = errno;
            break;
        }
    }
    pid_t pid = -1;
    if (!error) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t defaults, none;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, high[count], 2);
        for (int i = 0; i < count; i++) posix_spawn_file_actions_adddup2(&actions, high[i], FIRST_PASSED + i);
        posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_PASSED + count);
        sigfillset(&defaults);
        // A log line into a pipe whose reader died must not end the data plane.
        sigdelset(&defaults, SIGPIPE);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
        error = posix_spawn(&pid, path, &actions, &attributes, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    for (int i = 0; i < made; i++) close(high[i]);
    return error ? -error : pid;
}

int heddle_pidfd_open(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

int heddle_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int heddle_reap(pid_t pid, int *status) {
    pid_t result;
    do result = waitpid(pid, status, WNOHANG);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result == pid;
}

int heddle_lock_file(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int heddle_socket_namespace_cookie(int fd, uint64_t *cookie) {
    socklen_t length = sizeof *cookie;
    return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &length) ? -errno : 0;
}

int heddle_probe_socket(void) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

int heddle_socket_set_timeout(int fd, int milliseconds) {
    struct timeval limit = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) ? -errno : 0;
}

pid_t heddle_socket_peer(int fd) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) ? -errno : peer.pid;
}

int heddle_capabilities(uint64_t *bits) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capget, &header, data)) return -errno;
    *bits = data[0].effective | (uint64_t)data[1].effective << 32;
    return 0;
}

void heddle_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

int heddle_log_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK)) return -errno;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}
