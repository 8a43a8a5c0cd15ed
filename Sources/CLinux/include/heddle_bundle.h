// Descriptors that lie in a socket's queue: one descriptor holds many, and whoever has a duplicate of it holds them all.
// All return 0 or what is said, or -errno.
#ifndef HEDDLE_BUNDLE_H
#define HEDDLE_BUNDLE_H

#include <stddef.h>
#include <sys/types.h>

// Most descriptors that one message carries (SCM_MAX_FD of the kernel is 253).
#define HEDDLE_BUNDLE_STEP 250

// Makes the two ends: what is added at `ends[0]` lies at `ends[1]`, also after `ends[0]` was closed.
int heddle_bundle_open(int ends[2]);

// Adds a note and descriptors, at most HEDDLE_BUNDLE_STEP. Waits for nothing.
int heddle_bundle_add(int end, const void *note, size_t length, const int *descriptors, int count);

// Looks at the first message, which stays: its note's length; duplicates of its descriptors, at most HEDDLE_BUNDLE_STEP,
// if `descriptors` isn't NULL.
ssize_t heddle_bundle_look(int end, void *note, size_t capacity, int *descriptors, int *count);

#endif
