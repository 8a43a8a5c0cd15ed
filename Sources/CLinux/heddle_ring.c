#define _GNU_SOURCE
#include "heddle_ring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *map(int fd, size_t size, off_t offset) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
    return memory == MAP_FAILED ? NULL : memory;
}

int heddle_ring_setup(struct heddle_ring *ring, uint32_t sq_entries, uint32_t cq_entries) {
    memset(ring, 0, sizeof *ring);
    ring->fd = -1;
    struct io_uring_params p = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_TASKRUN_FLAG,
        .cq_entries = cq_entries};
    int fd = (int)syscall(SYS_io_uring_setup, sq_entries, &p);
    if (fd < 0) return -errno;
    ring->fd = fd;
    ring->sq_entries = p.sq_entries;
    ring->cq_entries = p.cq_entries;
    ring->sq_ring_size = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
    ring->cq_ring_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    if (p.features & IORING_FEAT_SINGLE_MMAP) {
        if (ring->cq_ring_size > ring->sq_ring_size) ring->sq_ring_size = ring->cq_ring_size;
        ring->cq_ring_size = ring->sq_ring_size;
    }
    ring->sq_ring = map(fd, ring->sq_ring_size, IORING_OFF_SQ_RING);
    ring->cq_ring = p.features & IORING_FEAT_SINGLE_MMAP ? ring->sq_ring
                                                         : map(fd, ring->cq_ring_size, IORING_OFF_CQ_RING);
    ring->sqes_size = p.sq_entries * sizeof(struct io_uring_sqe);
    ring->sqes = map(fd, ring->sqes_size, IORING_OFF_SQES);
    if (!ring->sq_ring || !ring->cq_ring || !ring->sqes) {
        heddle_ring_teardown(ring);
        return -ENOMEM;
    }
    ring->sq_head = p.sq_off.head;
    ring->sq_tail = p.sq_off.tail;
    ring->sq_mask = p.sq_off.ring_mask;
    ring->sq_flags = p.sq_off.flags;
    ring->sq_dropped = p.sq_off.dropped;
    ring->sq_array = p.sq_off.array;
    ring->cq_head = p.cq_off.head;
    ring->cq_tail = p.cq_off.tail;
    ring->cq_mask = p.cq_off.ring_mask;
    ring->cq_overflow = p.cq_off.overflow;
    ring->cq_cqes = p.cq_off.cqes;
    // Entry i of the array always names SQE i: only the tail moves later.
    uint32_t *array = (uint32_t *)(ring->sq_ring + ring->sq_array);
    for (uint32_t i = 0; i < p.sq_entries; i++) array[i] = i;
    return 0;
}

void heddle_ring_teardown(struct heddle_ring *ring) {
    if (ring->sqes) munmap(ring->sqes, ring->sqes_size);
    if (ring->cq_ring && ring->cq_ring != ring->sq_ring) munmap(ring->cq_ring, ring->cq_ring_size);
    if (ring->sq_ring) munmap(ring->sq_ring, ring->sq_ring_size);
    if (ring->fd >= 0) close(ring->fd);
    memset(ring, 0, sizeof *ring);
    ring->fd = -1;
}

static int ring_register(int ring, unsigned opcode, void *argument, unsigned count) {
    int result = (int)syscall(SYS_io_uring_register, ring, opcode, argument, count);
    return result < 0 ? -errno : result;
}

int heddle_ring_supports(int ring, uint8_t opcode) {
    union {
        struct io_uring_probe probe;
        char space[sizeof(struct io_uring_probe) + 256 * sizeof(struct io_uring_probe_op)];
    } p;
    memset(&p, 0, sizeof p);
    int result = ring_register(ring, IORING_REGISTER_PROBE, &p, 256);
    if (result < 0) return result;
    if (opcode > p.probe.last_op) return 0;
    return (p.probe.ops[opcode].flags & IO_URING_OP_SUPPORTED) != 0;
}

int heddle_ring_register_files(int ring, uint32_t count) {
    struct io_uring_rsrc_register r = {.nr = count, .flags = IORING_RSRC_REGISTER_SPARSE};
    int result = ring_register(ring, IORING_REGISTER_FILES2, &r, sizeof r);
    return result < 0 ? result : 0;
}

int heddle_ring_update_file(int ring, uint32_t slot, int fd) {
    int32_t descriptor = fd;
    struct io_uring_files_update u = {.offset = slot, .fds = (uint64_t)(uintptr_t)&descriptor};
    int result = ring_register(ring, IORING_REGISTER_FILES_UPDATE, &u, 1);
    return result < 0 ? result : 0;
}

int heddle_ring_register_buffers(int ring, void *memory, uint32_t entries, uint16_t group) {
    struct io_uring_buf_reg r = {
        .ring_addr = (uint64_t)(uintptr_t)memory, .ring_entries = entries, .bgid = group};
    int result = ring_register(ring, IORING_REGISTER_PBUF_RING, &r, 1);
    return result < 0 ? result : 0;
}

int heddle_ring_register_self(int ring) {
    struct io_uring_rsrc_update u = {.offset = UINT32_MAX, .data = (uint64_t)ring};
    int result = ring_register(ring, IORING_REGISTER_RING_FDS, &u, 1);
    return result < 0 ? result : (int)u.offset;
}

int heddle_ring_enter(int ring, int registered, uint32_t to_submit, uint32_t wait_for, int get_events, int64_t timeout_ns) {
    unsigned flags = registered ? IORING_ENTER_REGISTERED_RING : 0;
    if (get_events) flags |= IORING_ENTER_GETEVENTS;
    long result;
    if (get_events && timeout_ns >= 0) {
        struct __kernel_timespec ts = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
        struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)&ts};
        result = syscall(SYS_io_uring_enter, ring, to_submit, wait_for, flags | IORING_ENTER_EXT_ARG, &arg, sizeof arg);
    } else {
        result = syscall(SYS_io_uring_enter, ring, to_submit, wait_for, flags, NULL, 0);
    }
    return result < 0 ? -errno : (int)result;
}
