#define _GNU_SOURCE
#include "heddle_bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SLOT_SIZE = 256, SLOTS_PER_BLOCK = 256, MAXIMUM_BATCH = 64 };

static int fail(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

void heddle_bench_wake_on_time(void) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

int heddle_bench_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC) ? -errno : 0;
}

int heddle_bench_memory_file(const char *name, size_t size) {
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) return -errno;
    return ftruncate(fd, (off_t)size) ? fail(fd) : fd;
}

int heddle_bench_stamp_arrivals(int fd) {
    int one = 1;
    return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) ? -errno : 0;
}

ssize_t heddle_bench_receive_stamped(int fd, void *bytes, size_t capacity, uint64_t *realtime_ns) {
    struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    *realtime_ns = 0;
    ssize_t result;
    do result = recvmsg(fd, &message, 0);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS) continue;
        struct timespec time;
        memcpy(&time, CMSG_DATA(c), sizeof time);
        *realtime_ns = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    }
    return result;
}

int heddle_bench_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int heddle_bench_sender_open(int ifindex) {
    // Protocol 0: this socket receives nothing.
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int buffer = 16 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer))
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = ifindex};
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) return fail(fd);
    return fd;
}

int heddle_bench_send(int fd, const void *frames, size_t stride, size_t length, unsigned count) {
    struct mmsghdr messages[MAXIMUM_BATCH];
    struct iovec vectors[MAXIMUM_BATCH];
    if (count > MAXIMUM_BATCH) count = MAXIMUM_BATCH;
    memset(messages, 0, count * sizeof messages[0]);
    for (unsigned i = 0; i < count; i++) {
        vectors[i].iov_base = (uint8_t *)frames + i * stride;
        vectors[i].iov_len = length;
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int result;
    do result = sendmmsg(fd, messages, count, 0);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

int heddle_bench_ring_open(struct heddle_bench_ring *ring, int ifindex, uint16_t ether_type, uint32_t snap, uint32_t slot_count) {
    memset(ring, 0, sizeof *ring);
    ring->fd = -1;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int version = TPACKET_V2;
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version)) return fail(fd);
    // The filter does nothing but cut each frame: what lies behind the probe's fields needn't be copied.
    struct sock_filter cut = {.code = BPF_RET | BPF_K, .k = snap};
    struct sock_fprog program = {.len = 1, .filter = &cut};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)) return fail(fd);
    uint32_t blocks = (slot_count + SLOTS_PER_BLOCK - 1) / SLOTS_PER_BLOCK;
    struct tpacket_req request = {
        .tp_block_size = SLOT_SIZE * SLOTS_PER_BLOCK,
        .tp_block_nr = blocks,
        .tp_frame_size = SLOT_SIZE,
        .tp_frame_nr = blocks * SLOTS_PER_BLOCK};
    if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request)) return fail(fd);
    size_t size = (size_t)request.tp_block_size * blocks;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (memory == MAP_FAILED) return fail(fd);
    // Bound to one EtherType the socket sees no outgoing frames (only ETH_P_ALL does).
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ether_type), .sll_ifindex = ifindex};
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) {
        int error = errno;
        munmap(memory, size);
        close(fd);
        return -error;
    }
    ring->fd = fd;
    ring->memory = memory;
    ring->size = size;
    ring->slot_size = SLOT_SIZE;
    ring->slot_count = request.tp_frame_nr;
    return 0;
}

void heddle_bench_ring_close(struct heddle_bench_ring *ring) {
    if (ring->memory) munmap(ring->memory, ring->size);
    if (ring->fd >= 0) close(ring->fd);
    memset(ring, 0, sizeof *ring);
    ring->fd = -1;
}

int64_t heddle_bench_ring_take_drops(const struct heddle_bench_ring *ring) {
    struct tpacket_stats statistics;
    socklen_t length = sizeof statistics;
    if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length)) return -errno;
    return statistics.tp_drops;
}
