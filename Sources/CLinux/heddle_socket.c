#define _GNU_SOURCE
#include "heddle_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address(struct sockaddr_un *a, const char *path) {
    if (strlen(path) >= sizeof a->sun_path) return -ENAMETOOLONG;
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    strcpy(a->sun_path, path);
    return 0;
}

int heddle_seqpacket_listen(const char *path) {
    struct sockaddr_un a;
    int error = address(&a, path);
    if (error) return error;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    unlink(path);
    mode_t mask = umask(0177);
    int failed = bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 8);
    error = errno;
    umask(mask);
    if (failed) {
        close(fd);
        return -error;
    }
    return fd;
}

int heddle_seqpacket_connect(const char *path) {
    struct sockaddr_un a;
    int error = address(&a, path);
    if (error) return error;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int result;
    do result = connect(fd, (struct sockaddr *)&a, sizeof a);
    while (result < 0 && errno == EINTR);
    if (result < 0) {
        error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int heddle_seqpacket_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return -errno;
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) || (peer.uid != 0 && peer.uid != geteuid())) {
        close(fd);
        return -EPERM;
    }
    // A peer that reads nothing must not stop the one who answers it.
    struct timeval limit = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

ssize_t heddle_send_message(int fd, const void *bytes, size_t count, int passed) {
    struct iovec iov = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    if (passed >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &passed, sizeof passed);
    }
    ssize_t result;
    do result = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

ssize_t heddle_receive_message(int fd, void *bytes, size_t capacity, int *passed, int flags) {
    struct iovec iov = {.iov_base = bytes, .iov_len = capacity};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 4)];
    } control;
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    *passed = -1;
    ssize_t result;
    do result = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int received;
            memcpy(&received, CMSG_DATA(c) + i * sizeof(int), sizeof received);
            // One descriptor a message is the rule; what is too many must not leak.
            if (*passed < 0) *passed = received; else close(received);
        }
    }
    if (message.msg_flags & MSG_TRUNC) {
        if (*passed >= 0) close(*passed);
        *passed = -1;
        return -EMSGSIZE;
    }
    return result;
}
