// The bench's packet sockets: a sender that takes whole batches, and a receive ring shared with the kernel, whose slots
// carry the time at which a frame arrived.
#ifndef HEDDLE_BENCH_H
#define HEDDLE_BENCH_H

#include <linux/if_packet.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

// Sets the calling thread's timer slack to its least: a sleep ends on time instead of up to 50 us late.
void heddle_bench_wake_on_time(void);

// A pipe whose ends are close-on-exec: ends[0] reads, ends[1] writes. 0 or -errno.
int heddle_bench_pipe(int ends[2]);

// A file of `size` bytes in memory that goes with its last descriptor (close-on-exec). Descriptor or -errno.
int heddle_bench_memory_file(const char *name, size_t size);

// Has the kernel stamp what a socket receives (SO_TIMESTAMPNS). 0 or -errno.
int heddle_bench_stamp_arrivals(int fd);
// recv, and *realtime_ns is when the kernel received it (CLOCK_REALTIME), or 0 if it doesn't tell. Returns the bytes
// received or -errno.
ssize_t heddle_bench_receive_stamped(int fd, void *bytes, size_t capacity, uint64_t *realtime_ns);

// Takes a connection that waits at a listening socket. Returns its descriptor (close-on-exec, never blocks) or -errno.
int heddle_bench_accept(int listener);

// Opens a packet socket that only sends, on an interface of the calling thread's network namespace. It goes through the
// interface's qdisc as every program does: past it (PACKET_QDISC_BYPASS), a TAP's full queue would tell the sender to
// try again, which hides the loss, and costs a system call for every such frame.
// Returns the descriptor (close-on-exec) or -errno.
int heddle_bench_sender_open(int ifindex);

// Sends `count` frames (at most 64) of `length` bytes that lie `stride` bytes apart, with one system call.
// Returns how many the kernel took, or -errno if it took none.
int heddle_bench_send(int fd, const void *frames, size_t stride, size_t length, unsigned count);

// A TPACKET_V2 receive ring: `slot_count` slots of `slot_size` bytes.
struct heddle_bench_ring {
    int fd;
    uint8_t *memory;
    size_t size;
    uint32_t slot_size;
    uint32_t slot_count;
};

// Opens a ring for frames of one EtherType that arrive on an interface of the calling thread's network namespace and
// keeps the first `snap` bytes of each. `slot_count` is rounded up to a multiple of 256. 0 or -errno.
int heddle_bench_ring_open(struct heddle_bench_ring *ring, int ifindex, uint16_t ether_type, uint32_t snap, uint32_t slot_count);
void heddle_bench_ring_close(struct heddle_bench_ring *ring);
// Frames that found the ring full since the last call, or -errno. Resets the kernel's count.
int64_t heddle_bench_ring_take_drops(const struct heddle_bench_ring *ring);

// One frame in the ring.
struct heddle_bench_arrival {
    const uint8_t *bytes;
    uint32_t captured;      // bytes kept
    uint32_t length;        // bytes on the wire
    uint64_t realtime_ns;   // CLOCK_REALTIME
};

// 1 and the frame in slot `index` if the kernel has filled it, else 0. The bytes are valid until the slot is released.
static inline int heddle_bench_ring_peek(const struct heddle_bench_ring *ring, uint32_t index, struct heddle_bench_arrival *arrival) {
    const uint8_t *slot = ring->memory + (size_t)index * ring->slot_size;
    const struct tpacket2_hdr *header = (const struct tpacket2_hdr *)slot;
    // Acquire: the frame must not be read before the kernel has handed it over.
    if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return 0;
    arrival->bytes = slot + header->tp_mac;
    arrival->captured = header->tp_snaplen;
    arrival->length = header->tp_len;
    arrival->realtime_ns = (uint64_t)header->tp_sec * 1000000000u + header->tp_nsec;
    return 1;
}

// Gives slot `index` back to the kernel.
static inline void heddle_bench_ring_release(const struct heddle_bench_ring *ring, uint32_t index) {
    struct tpacket2_hdr *header = (struct tpacket2_hdr *)(ring->memory + (size_t)index * ring->slot_size);
    __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

#endif
