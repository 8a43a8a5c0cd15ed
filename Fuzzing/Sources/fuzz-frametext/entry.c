#include <stddef.h>
#include <stdint.h>

int heddle_fuzz_frametext(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) { return heddle_fuzz_frametext(bytes, count); }
