// Reading and writing frames by plain system calls, for where there is no io_uring. All return -errno on failure.
#ifndef HEDDLE_IO_H
#define HEDDLE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int64_t heddle_monotonic_nanoseconds(void);

// Tells the processor that the caller spins: some tens of cycles, and the sibling thread runs faster meanwhile.
void heddle_pause(void);

ssize_t heddle_read(int fd, void *bytes, size_t count);
ssize_t heddle_write(int fd, const void *bytes, size_t count);
ssize_t heddle_write_two(int fd, const void *head, size_t head_count, const void *rest, size_t rest_count);

// Sends `count` frames with sendmmsg; `messages` is an array of struct mmsghdr. Returns how many went, or -errno of
// the first.
int heddle_send_batch(int fd, void *messages, unsigned count);
// One frame with its control data; *flags are recvmsg's output flags.
ssize_t heddle_receive_packet(int fd, void *bytes, size_t count, void *control, size_t control_count, int *flags);

int heddle_epoll_create(void);
// Watches fd for reading with `data` as the event's data. 0 or -errno.
int heddle_epoll_add(int epoll, int fd, uint64_t data);
int heddle_epoll_remove(int epoll, int fd);
// `events` is an array of struct epoll_event (packed, 12 bytes on x86-64). `timeout_ns` negative: for ever; to the
// millisecond before Linux 5.11.
int heddle_epoll_wait(int epoll, void *events, int capacity, int64_t timeout_ns);
// The data of event `index`.
uint64_t heddle_epoll_data(const void *events, int index);
// Bytes of one event.
size_t heddle_epoll_event_size(void);

// The calling thread's waits end when they should, and not up to 50 µs later, which is the kernel's default.
void heddle_wake_exactly(void);
int heddle_eventfd(void);

#endif
