// Counts the heap allocations of a thread. Whatever links this has malloc and its relatives replaced by ones that
// count and hand on to glibc: for tests and benchmarks only.
#ifndef HEDDLE_ALLOCATION_COUNTER_H
#define HEDDLE_ALLOCATION_COUNTER_H

#include <stdint.h>

// Allocations of the calling thread since it started; UINT64_MAX where a sanitizer has replaced malloc itself.
uint64_t heddle_thread_allocations(void);

#endif
