#define _GNU_SOURCE
#include "heddle_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static int fail(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

int heddle_tap_open(const char *name, int create) {
    if (strlen(name) >= IFNAMSIZ) return -ENAMETOOLONG;
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -errno;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, name);
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (create ? IFF_TUN_EXCL : 0));
    if (ioctl(fd, TUNSETIFF, &request)) return fail(fd);
    int size = 10, little_endian = 1;
    if (ioctl(fd, TUNSETVNETHDRSZ, &size)) return fail(fd);
    if (ioctl(fd, TUNSETVNETLE, &little_endian)) return fail(fd);
    return fd;
}

int heddle_tap_set_offload(int fd, unsigned offload) {
    return ioctl(fd, TUNSETOFFLOAD, (unsigned long)offload) ? -errno : 0;
}

int heddle_tap_set_persistent(int fd, int on) {
    return ioctl(fd, TUNSETPERSIST, (unsigned long)on) ? -errno : 0;
}

int heddle_tap_namespace(int fd) {
    int namespace = ioctl(fd, TUNGETDEVNETNS, 0);
    return namespace < 0 ? -errno : namespace;
}

int heddle_packet_open(int ifindex, int promiscuous, int receive_buffer, int send_buffer) {
    // Protocol 0 until bind: a socket that is bound to no interface would catch every interface's frames.
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int one = 1;
    if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one)) return fail(fd);
    if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one)) return fail(fd);
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one)) return fail(fd);
    // Without CAP_NET_ADMIN the FORCE forms fail; the plain ones then take what rmem_max allows.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer))
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (promiscuous) {
        struct packet_mreq membership = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};
        if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership)) return fail(fd);
    }
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) return fail(fd);
    return fd;
}

int64_t heddle_packet_take_drops(int fd) {
    struct tpacket_stats statistics;
    socklen_t length = sizeof statistics;
    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length)) return -errno;
    return statistics.tp_drops;
}

int heddle_packet_interface(int fd) {
    struct sockaddr_ll name;
    socklen_t length = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &length) < 0) return -errno;
    return name.sll_ifindex;
}
