// Memory that the engine and the daemon share for a capture, and the time of day for it.
#pragma once

#include <stdint.h>

/// Makes anonymous memory of `size` bytes that can neither grow nor shrink and is there already. Returns a descriptor
/// (close-on-exec), or a negative errno.
int heddle_capture_memory(const char *name, int64_t size);

/// Whether a descriptor is memory that can't shrink under whoever has mapped it. 1 or 0.
int heddle_capture_is_sealed(int descriptor);

/// CLOCK_REALTIME in nanoseconds. Neither allocates nor locks.
int64_t heddle_realtime_nanoseconds(void);
