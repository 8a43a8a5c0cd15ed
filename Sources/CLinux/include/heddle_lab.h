// What commands of a lab's nodes run in: mounts of the calling thread's mount namespace, and starting a program from a
// thread that is in a node's namespaces. All return 0 (or a process id) on success and -errno on failure.
#ifndef HEDDLE_LAB_H
#define HEDDLE_LAB_H

#include <sys/types.h>

// Makes the directory /run/netns a mount whose mounts reach other mount namespaces, as `ip netns add` does before its
// first one, so that names made here and there don't hide each other. Does nothing if there are names in it already.
int heddle_lab_share_names(void);
// Shows the file `source` in the place of the file `target`.
int heddle_lab_bind(const char *source, const char *target);
// Shows the directory `target` with what is in `upper` laid over it, read-only.
int heddle_lab_overlay(const char *upper, const char *target);
// Shows the calling thread's network namespace in /sys, as `ip netns exec` does.
int heddle_lab_mount_sys(void);
// Starts a program in the calling thread's namespaces, in the directory, with `input` as standard input and `output` as
// standard output and error; all other descriptors closed, signals at their defaults. `session`: in a session of its own.
pid_t heddle_lab_spawn(
    const char *path, char *const arguments[], char *const environment[], const char *directory, int input, int output,
    int session);

#endif
