#include <stddef.h>
#include <stdint.h>

int heddle_fuzz_bodies(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) { return heddle_fuzz_bodies(bytes, count); }
