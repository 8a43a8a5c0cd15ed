#define _GNU_SOURCE
#include "heddle_netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
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

// Parent and flags of a process from /proc/PID/stat. 0 or -errno.
static int read_process(int pid, int *parent, unsigned *flags) {
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0) return -EIO;
    text[size] = 0;
    // The process's name may hold anything, a closing parenthesis too: the last one ends it.
    const char *rest = strrchr(text, ')');
    return rest && sscanf(rest + 1, " %*c %d %*d %*d %*d %*d %u", parent, flags) == 2 ? 0 : -EIO;
}

static int open_mountns(int pid) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int heddle_mountns_open_host(void) {
    enum { KERNEL_THREAD = 0x00200000 };  // PF_KTHREAD of linux/sched.h
    int parent;
    unsigned flags;
    int found = open_mountns(1);
    if (found < 0 && read_process(2, &parent, &flags) == 0 && flags & KERNEL_THREAD) found = open_mountns(2);
    if (found < 0) {
        for (int pid = getppid(); pid > 1; pid = parent) {
            int candidate = open_mountns(pid);
            if (candidate >= 0) {
                if (found >= 0) close(found);
                found = candidate;
            }
            if (read_process(pid, &parent, &flags) < 0) break;
        }
    }
    if (found < 0) return -ENOENT;
    struct stat own, host;
    if (stat("/proc/thread-self/ns/mnt", &own) == 0 && fstat(found, &host) == 0
        && (own.st_dev != host.st_dev || own.st_ino != host.st_ino)) {
        return found;
    }
    close(found);
    return -EEXIST;
}

int heddle_mountns_unshare(void) {
    if (unshare(CLONE_FS | CLONE_NEWNS) < 0) return -errno;
    return result(mount("", "/", "none", MS_REC | MS_SLAVE, NULL));
}

int heddle_mountns_enter(int fd) {
    // setns to a mount namespace is refused while root and working directory are shared with other threads.
    return unshare(CLONE_FS) < 0 ? -errno : result(setns(fd, CLONE_NEWNS));
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
