#define _GNU_SOURCE
#include "heddle_bundle.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int heddle_bundle_open(int ends[2]) {
    // SOCK_SEQPACKET: messages stay apart, and their number is bounded by the buffer alone.
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return -errno;
    int room = 1 << 20;
    // Above the system's limit for those who may; the default holds some two hundred messages.
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    return 0;
}

int heddle_bundle_add(int end, const void *note, size_t length, const int *descriptors, int count) {
    if (count < 0 || count > HEDDLE_BUNDLE_STEP) return -EINVAL;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(HEDDLE_BUNDLE_STEP * sizeof(int))];
    char filler = 0;
    struct iovec vector = {.iov_base = length ? (void *)note : &filler, .iov_len = length ? length : 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count > 0) {
        memset(control, 0, sizeof control);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
    }
    return sendmsg(end, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t heddle_bundle_look(int end, void *note, size_t capacity, int *descriptors, int *count) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(HEDDLE_BUNDLE_STEP * sizeof(int))];
    struct iovec vector = {.iov_base = note, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (descriptors) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
    }
    ssize_t length = recvmsg(end, &message, MSG_PEEK | MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (length < 0) return -errno;
    if (!descriptors) return length;
    *count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t bytes = header->cmsg_len - CMSG_LEN(0);
        memcpy(descriptors, CMSG_DATA(header), bytes);
        *count = (int)(bytes / sizeof(int));
    }
    return length;
}
