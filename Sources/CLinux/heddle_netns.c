#define _GNU_SOURCE
#include "heddle_netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif
// linux/nsfs.h: type of the namespace behind a descriptor, since 4.11.
#ifndef NS_GET_NSTYPE
#define NS_GET_NSTYPE _IO(0xb7, 0x3)
#endif

static int result(int value) {
    return value < 0 ? -errno : value;
}

int heddle_netns_current(void) {
    return result(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

static int is_nsfs(int fd) {
    struct statfs about;
    if (fstatfs(fd, &about) < 0) return -errno;
    return about.f_type == NSFS_MAGIC;
}

int heddle_netns_open(const char *path) {
    int located = open(path, O_PATH | O_CLOEXEC);
    if (located < 0) return -errno;
    int found = is_nsfs(located);
    if (found <= 0) {
        close(located);
        return found < 0 ? found : -EINVAL;
    }
    // Through the descriptor, so that what was checked is what is opened.
    char link[64];
    snprintf(link, sizeof link, "/proc/thread-self/fd/%d", located);
    int fd = result(open(link, O_RDONLY | O_CLOEXEC));
    close(located);
    if (fd < 0) return fd;
    if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
        close(fd);
        return -EINVAL;
    }
    return fd;
}

int heddle_netns_enter(int fd) {
    return result(setns(fd, CLONE_NEWNET));
}

int heddle_netns_unshare(void) {
    return result(unshare(CLONE_NEWNET));
}

int heddle_mountns_differs(void) {
    struct stat own, initial;
    if (stat("/proc/thread-self/ns/mnt", &own) < 0 || stat("/proc/1/ns/mnt", &initial) < 0) return 0;
    return own.st_dev != initial.st_dev || own.st_ino != initial.st_ino;
}

int heddle_mountns_enter_initial(void) {
    int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    // setns to a mount namespace is refused while root and working directory are shared with other threads.
    int value = unshare(CLONE_FS) < 0 ? -errno : result(setns(fd, CLONE_NEWNS));
    close(fd);
    return value;
}

int heddle_file_identity(int fd, uint64_t *device, uint64_t *inode) {
    struct stat about;
    if (fstat(fd, &about) < 0) return -errno;
    *device = about.st_dev;
    *inode = about.st_ino;
    return 0;
}

int heddle_netns_bind(int fd, const char *path) {
    struct stat namespace, about;
    if (fstat(fd, &namespace) < 0) return -errno;
    int target = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int made = target >= 0;
    if (!made) {
        if (errno != EEXIST) return -errno;
        // O_PATH: nothing happens to a device or FIFO that may lie there.
        target = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (target < 0) return -errno;
        int failed = fstat(target, &about) < 0;
        int bound = is_nsfs(target);
        close(target);
        if (failed || bound < 0) return -EEXIST;
        if (bound) {
            return about.st_dev == namespace.st_dev && about.st_ino == namespace.st_ino ? 0 : -EEXIST;
        }
        if (!S_ISREG(about.st_mode) || about.st_size != 0) return -EEXIST;
    } else {
        close(target);
    }
    char source[64];
    snprintf(source, sizeof source, "/proc/thread-self/fd/%d", fd);
    if (mount(source, path, NULL, MS_BIND, NULL) < 0) {
        int error = errno;
        if (made) unlink(path);
        return -error;
    }
    return 0;
}

int heddle_netns_unbind(const char *path) {
    // Bounded: mounts may lie on top of each other, but somebody else may also mount as fast as we unmount.
    for (int round = 0; round < 64; round++) {
        int target = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (target < 0) return errno == ENOENT ? 0 : -errno;
        struct stat about;
        int failed = fstat(target, &about) < 0;
        int bound = is_nsfs(target);
        close(target);
        if (failed || bound < 0) return -EINVAL;
        if (!bound) {
            if (!S_ISREG(about.st_mode) || about.st_size != 0) return -EINVAL;
            return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
        }
        if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0) return -errno;
    }
    return -EBUSY;
}
