#define _GNU_SOURCE
#include "heddle_io.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int64_t heddle_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void heddle_pause(void) {
#if defined(__x86_64__)
    for (int i = 0; i < 4; i++) __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

ssize_t heddle_read(int fd, void *bytes, size_t count) {
    ssize_t result = read(fd, bytes, count);
    return result < 0 ? -errno : result;
}

ssize_t heddle_write(int fd, const void *bytes, size_t count) {
    ssize_t result = write(fd, bytes, count);
    return result < 0 ? -errno : result;
}

ssize_t heddle_write_two(int fd, const void *head, size_t head_count, const void *rest, size_t rest_count) {
    struct iovec parts[2] = {{(void *)head, head_count}, {(void *)rest, rest_count}};
    ssize_t result = writev(fd, parts, 2);
    return result < 0 ? -errno : result;
}

int heddle_send_batch(int fd, void *messages, unsigned count) {
    int result = sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return result < 0 ? -errno : result;
}

ssize_t heddle_receive_packet(int fd, void *bytes, size_t count, void *control, size_t control_count, int *flags) {
    struct iovec part = {bytes, count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = control_count};
    ssize_t result = recvmsg(fd, &message, MSG_DONTWAIT);
    if (result < 0) return -errno;
    // What recvmsg didn't write must not be read as control data of an earlier frame.
    if (message.msg_controllen < control_count)
        memset((char *)control + message.msg_controllen, 0, control_count - message.msg_controllen);
    *flags = message.msg_flags;
    return result;
}

int heddle_epoll_create(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int heddle_epoll_add(int epoll, int fd, uint64_t data) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int heddle_epoll_remove(int epoll, int fd) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) ? -errno : 0;
}

int heddle_epoll_wait(int epoll, void *events, int capacity, int64_t timeout_ns) {
    // Linux 5.11 waits by the nanosecond. By its number: not every C library has the call.
    static _Atomic int has_nanoseconds = 1;
    if (has_nanoseconds) {
        struct timespec ts = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
        long count = syscall(SYS_epoll_pwait2, epoll, events, capacity, timeout_ns < 0 ? NULL : &ts, NULL, (size_t)0);
        if (count >= 0) return (int)count;
        // EPERM: a filter for system calls that doesn't know it.
        if (errno != ENOSYS && errno != EPERM) return -errno;
        has_nanoseconds = 0;
    }
    // Milliseconds, rounded up: a shorter wait would spin.
    int64_t milliseconds = timeout_ns < 0 ? -1 : (timeout_ns + 999999) / 1000000;
    int result = epoll_wait(epoll, events, capacity, milliseconds > 1000000 ? 1000000 : (int)milliseconds);
    return result < 0 ? -errno : result;
}

uint64_t heddle_epoll_data(const void *events, int index) {
    return ((const struct epoll_event *)events)[index].data.u64;
}

size_t heddle_epoll_event_size(void) {
    return sizeof(struct epoll_event);
}

void heddle_wake_exactly(void) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

int heddle_eventfd(void) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}
