#define _GNU_SOURCE
#include "heddle_gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

// What listen() is asked for: the kernel takes less where net.core.somaxconn is lower.
enum { BACKLOG = 1024, ON = 1, OFF = 0 };

static int fail(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

static int set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int attach(int fd, const struct heddle_filter *filter) {
    if (filter->shared >= 0) return set(fd, SOL_SOCKET, SO_ATTACH_BPF, filter->shared);
    // The kernel only reads it.
    struct sock_fprog program = {.len = filter->count, .filter = (struct sock_filter *)filter->code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static socklen_t make_name(
    struct sockaddr_storage *name, const uint8_t *address, int address_length, int family, uint16_t port) {
    memset(name, 0, sizeof *name);
    if (family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)name;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        if (address_length == 4) memcpy(&v4->sin_addr, address, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)name;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    if (address_length == 16) memcpy(&v6->sin6_addr, address, 16);
    return sizeof *v6;
}

static int is_listener(int type) {
    return type == SOCK_STREAM;
}

static int prepare(int fd, int type, int family, int is_dual, int flags) {
    // A server of before may have left connections behind that are still closing. A listener has its port for itself
    // all the same; for UDP the option would let others in. The pool has to be nobody else's in any state.
    if (is_listener(type) && !(flags & HEDDLE_GUARD_POOL) && set(fd, SOL_SOCKET, SO_REUSEADDR, ON)) return -1;
    if (family == AF_INET6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_dual ? OFF : ON)) return -1;
    if (flags & HEDDLE_GUARD_POOL) {
        // 0: the smallest that the kernel has.
        return set(fd, SOL_SOCKET, SO_RCVBUF, 0);
    }
    if (is_listener(type)) return 0;
    // On a socket of both families, this one also tells of IPv4, with a mapped address.
    if (family == AF_INET6) return set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, ON);
    return set(fd, IPPROTO_IP, IP_PKTINFO, ON);
}

static int guard_of(
    int family, int type, const uint8_t *address, int address_length, uint16_t port,
    const struct heddle_filter *filter, int flags) {
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct sockaddr_storage name;
    socklen_t length = make_name(&name, address, address_length, family, port);
    if (prepare(fd, type, family, address_length == 0, flags)) return fail(fd);
    // Before bind: a UDP socket hears from then on.
    if (attach(fd, filter)) return fail(fd);
    if (bind(fd, (struct sockaddr *)&name, length)) return fail(fd);
    if (is_listener(type) && listen(fd, flags & HEDDLE_GUARD_POOL ? 1 : BACKLOG)) return fail(fd);
    return fd;
}

static int guard(
    int type, const uint8_t *address, int address_length, uint16_t port, const struct heddle_filter *filter,
    int flags) {
    if (address_length == 4) return guard_of(AF_INET, type, address, address_length, port, filter, flags);
    int fd = guard_of(AF_INET6, type, address, address_length, port, filter, flags);
    if (address_length == 0 && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL))
        return guard_of(AF_INET, type, address, address_length, port, filter, flags);
    return fd;
}

int heddle_guard_listener(
    const uint8_t *address, int address_length, uint16_t port, const struct heddle_filter *filter, int flags) {
    return guard(SOCK_STREAM, address, address_length, port, filter, flags);
}

int heddle_guard_datagram(
    const uint8_t *address, int address_length, uint16_t port, const struct heddle_filter *filter, int flags) {
    return guard(SOCK_DGRAM, address, address_length, port, filter, flags);
}

int heddle_filter_drop_all(void) {
    struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    attributes.insns = (uint64_t)(uintptr_t)code;
    attributes.insn_cnt = sizeof code / sizeof code[0];
    attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
    int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
    return fd < 0 ? -errno : fd;
}

int heddle_filter_set(int fd, const struct heddle_filter *filter) {
    return attach(fd, filter) ? -errno : 0;
}

int heddle_uplink_open(
    int ifindex, const struct heddle_filter *filter, int promiscuous, int receive_buffer, int send_buffer) {
    // Protocol 0 until bind: a socket that is bound to no interface would catch every interface's frames.
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (set(fd, SOL_PACKET, PACKET_VNET_HDR, ON)) return fail(fd);
    if (set(fd, SOL_PACKET, PACKET_AUXDATA, ON)) return fail(fd);
    if (set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, ON)) return fail(fd);
    // Without CAP_NET_ADMIN the FORCE forms fail; the plain ones then take what rmem_max allows.
    if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer)) set(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
    if (set(fd, SOL_SOCKET, SO_SNDBUFFORCE, send_buffer)) set(fd, SOL_SOCKET, SO_SNDBUF, send_buffer);
    if (attach(fd, filter)) return fail(fd);
    if (promiscuous) {
        struct packet_mreq membership = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};
        if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership)) return fail(fd);
    }
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) return fail(fd);
    return fd;
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void read_local(struct msghdr *message, struct heddle_datagram_end *end) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            memcpy(end->local, CMSG_DATA(part) + offsetof(struct in6_pktinfo, ipi6_addr), 16);
            end->has_local = 1;
        } else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            memcpy(end->local, CMSG_DATA(part) + offsetof(struct in_pktinfo, ipi_spec_dst), 4);
            end->has_local = 1;
        }
    }
}

ssize_t heddle_datagram_receive(int fd, void *bytes, size_t capacity, struct heddle_datagram_end *end) {
    union control control;
    struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
    memset(end, 0, sizeof *end);
    struct msghdr message = {
        .msg_name = end->name,
        .msg_namelen = sizeof end->name,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control};
    ssize_t count = recvmsg(fd, &message, MSG_DONTWAIT);
    if (count < 0) return -errno;
    end->length = (uint8_t)(message.msg_namelen > sizeof end->name ? sizeof end->name : message.msg_namelen);
    read_local(&message, end);
    return count;
}

ssize_t heddle_datagram_reply(int fd, const void *bytes, size_t count, const struct heddle_datagram_end *end) {
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {
        .msg_name = (void *)end->name, .msg_namelen = end->length, .msg_iov = &vector, .msg_iovlen = 1};
    sa_family_t family;
    memcpy(&family, end->name, sizeof family);
    if (end->has_local && family == AF_INET6) {
        struct in6_pktinfo info = {.ipi6_ifindex = 0};
        memcpy(&info.ipi6_addr, end->local, 16);
        control.header = (struct cmsghdr){
            .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
        memcpy(CMSG_DATA(&control.header), &info, sizeof info);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof info);
    } else if (end->has_local) {
        struct in_pktinfo info = {.ipi_ifindex = 0};
        memcpy(&info.ipi_spec_dst, end->local, 4);
        control.header =
            (struct cmsghdr){.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info)};
        memcpy(CMSG_DATA(&control.header), &info, sizeof info);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof info);
    }
    ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

int heddle_datagram_connect(const uint8_t *address, int address_length, uint16_t port) {
    int family = address_length == 4 ? AF_INET : AF_INET6;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct sockaddr_storage name;
    socklen_t length = make_name(&name, address, address_length, family, port);
    if (connect(fd, (struct sockaddr *)&name, length)) return fail(fd);
    return fd;
}
