// io_uring: set-up, registration and entering. The rings themselves are read and written in Swift over the mapped memory.
// Debian 12's <linux/io_uring.h> is of 6.1; what is newer is defined here.
#ifndef HEDDLE_RING_H
#define HEDDLE_RING_H

#include <stddef.h>
#include <stdint.h>

// Offsets and sizes that Swift needs of one ring; filled by heddle_ring_setup.
struct heddle_ring {
    int fd;
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint8_t *sq_ring;  // mapped; NULL if set-up failed
    size_t sq_ring_size;
    uint8_t *cq_ring;  // the same mapping as sq_ring with IORING_FEAT_SINGLE_MMAP
    size_t cq_ring_size;
    uint8_t *sqes;
    size_t sqes_size;
    uint32_t sq_head, sq_tail, sq_mask, sq_flags, sq_dropped, sq_array;  // byte offsets in sq_ring
    uint32_t cq_head, cq_tail, cq_mask, cq_overflow, cq_cqes;            // byte offsets in cq_ring
};

// Makes a ring for the calling thread (SINGLE_ISSUER, DEFER_TASKRUN, TASKRUN_FLAG, SUBMIT_ALL). 0 or -errno.
int heddle_ring_setup(struct heddle_ring *ring, uint32_t sq_entries, uint32_t cq_entries);
void heddle_ring_teardown(struct heddle_ring *ring);

// 1 if the ring's kernel knows the opcode, 0 if not, or -errno.
int heddle_ring_supports(int ring, uint8_t opcode);

// Registers a table of `count` empty file slots. 0 or -errno.
int heddle_ring_register_files(int ring, uint32_t count);
// Puts fd (or -1: nothing) into a slot of the table. 0 or -errno.
int heddle_ring_update_file(int ring, uint32_t slot, int fd);

// Registers `memory` (page-aligned, entries * 16 bytes) as the provided-buffer ring of `group`. 0 or -errno.
int heddle_ring_register_buffers(int ring, void *memory, uint32_t entries, uint16_t group);

// Registers the ring's own descriptor and returns its index for heddle_ring_enter, or -errno.
int heddle_ring_register_self(int ring);

// io_uring_enter. `ring` is an index from heddle_ring_register_self if `registered`. `wait_for` completions are waited
// for at most `timeout_ns` (negative: for ever); with get_events zero nothing but submission happens.
// Returns the submitted count or -errno (-ETIME: time over, everything was submitted).
int heddle_ring_enter(int ring, int registered, uint32_t to_submit, uint32_t wait_for, int get_events, int64_t timeout_ns);

#endif
