#include <stddef.h>
#include <stdint.h>

int heddle_fuzz_labs(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) { return heddle_fuzz_labs(bytes, count); }
