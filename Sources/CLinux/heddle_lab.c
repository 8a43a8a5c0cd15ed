#define _GNU_SOURCE
#include "heddle_lab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char names[] = "/run/netns";

static int is_empty(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return 0;
    int count = 0;
    while (readdir(directory)) count++;
    closedir(directory);
    return count <= 2;  // "." and ".."
}

int heddle_lab_share_names(void) {
    if (mkdir(names, 0755) < 0 && errno != EEXIST) return -errno;
    if (mount("", names, "none", MS_SHARED | MS_REC, NULL) == 0) return 0;
    // EINVAL: it is no mount yet. A mount over names that are there would keep what they lead to alive when they go.
    if (errno != EINVAL) return -errno;
    if (!is_empty(names)) return 0;
    if (mount(names, names, "none", MS_BIND | MS_REC, NULL) < 0) return -errno;
    return mount("", names, "none", MS_SHARED | MS_REC, NULL) < 0 ? -errno : 0;
}

int heddle_lab_bind(const char *source, const char *target) {
    return mount(source, target, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

int heddle_lab_overlay(const char *upper, const char *target) {
    // Two lower layers and none to write to: such a mount may be made any number of times of the same directories.
    char options[8192];
    int size = snprintf(options, sizeof options, "lowerdir=%s:%s", upper, target);
    if (size < 0 || (size_t)size >= sizeof options) return -ENAMETOOLONG;
    return mount("heddle-lab", target, "overlay", MS_RDONLY, options) < 0 ? -errno : 0;
}

int heddle_lab_mount_sys(void) {
    return mount("heddle-lab", "/sys", "sysfs", 0, NULL) < 0 ? -errno : 0;
}

pid_t heddle_lab_spawn(
    const char *path, char *const arguments[], char *const environment[], const char *directory, int input, int output,
    int session) {
    enum { FIRST_OTHER = 3 };
    // Out of the way of 0, 1 and 2.
    int in = fcntl(input, F_DUPFD_CLOEXEC, FIRST_OTHER), out = fcntl(output, F_DUPFD_CLOEXEC, FIRST_OTHER);
    pid_t pid = -1;
    int error = in < 0 || out < 0 ? EMFILE : 0;
    if (!error) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t all, none;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_adddup2(&actions, in, 0);
        posix_spawn_file_actions_adddup2(&actions, out, 1);
        posix_spawn_file_actions_adddup2(&actions, out, 2);
        posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_OTHER);
        posix_spawn_file_actions_addchdir_np(&actions, directory);
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setsigmask(&attributes, &none);
        short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
        if (session) flags |= POSIX_SPAWN_SETSID;
        posix_spawnattr_setflags(&attributes, flags);
        error = posix_spawn(&pid, path, &actions, &attributes, arguments, environment);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    return error ? -error : pid;
}
