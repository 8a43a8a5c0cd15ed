#define _GNU_SOURCE
#include "heddle_tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static int fail(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

static int attach(int fd, struct sock_filter *code, unsigned short count) {
    struct sock_fprog program = {.len = count, .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static uint32_t word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

enum { NET = SKF_NET_OFF, MOST = 20 };

// Appends "load a word of the network header, else drop unless it is this"; jumps are set when the length is known.
struct program {
    struct sock_filter code[MOST];
    unsigned short count;
};

static void load(struct program *p, unsigned short size, int offset) {
    p->code[p->count++] = (struct sock_filter)BPF_STMT(BPF_LD | size | BPF_ABS, (uint32_t)offset);
}

static void require(struct program *p, uint32_t value) {
    // jf is filled in by finish.
    p->code[p->count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 255);
}

static void finish(struct program *p) {
    p->code[p->count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0x40000);
    p->code[p->count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    for (unsigned short i = 0; i < p->count; i++) {
        if (p->code[i].jf == 255) p->code[i].jf = (uint8_t)(p->count - i - 2);
        if (p->code[i].jt == 255) p->code[i].jt = (uint8_t)(p->count - i - 2);
    }
}

// UDP to the address and port. Offsets: RFC 791, RFC 8200, RFC 768.
static void datagrams(struct program *p, const uint8_t *address, int address_length, uint16_t port) {
    p->count = 0;
    load(p, BPF_W, SKF_AD_OFF + SKF_AD_PKTTYPE);
    require(p, PACKET_HOST);
    if (address_length == 4) {
        load(p, BPF_B, NET + 9);
        require(p, IPPROTO_UDP);
        load(p, BPF_W, NET + 16);
        require(p, word(address));
        load(p, BPF_H, NET + 6);
        p->code[p->count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1FFF, 255, 0);
        p->code[p->count++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, (uint32_t)NET);
        p->code[p->count++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND, (uint32_t)(NET + 2));
    } else {
        load(p, BPF_B, NET + 6);
        require(p, IPPROTO_UDP);
        for (int i = 0; i < 4; i++) {
            load(p, BPF_W, NET + 24 + 4 * i);
            require(p, word(address + 4 * i));
        }
        load(p, BPF_H, NET + 42);
    }
    require(p, port);
    finish(p);
}

int heddle_tunnel_receiver(const uint8_t *address, int address_length, uint16_t port, int receive_buffer) {
    // Protocol 0 until bind: nothing comes in before the filter is there.
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int one = 1;
    if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one)) return fail(fd);
    if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one)) return fail(fd);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    struct program filter;
    datagrams(&filter, address, address_length, port);
    if (attach(fd, filter.code, filter.count)) return fail(fd);
    struct sockaddr_ll place = {
        .sll_family = AF_PACKET, .sll_protocol = htons(address_length == 4 ? ETH_P_IP : ETH_P_IPV6)};
    if (bind(fd, (struct sockaddr *)&place, sizeof place)) return fail(fd);
    return fd;
}

// A bound UDP socket whose filter takes nothing.
static int bound(const uint8_t *address, int address_length, uint16_t port) {
    int fd = socket(address_length == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    if (attach(fd, &nothing, 1)) return fail(fd);
    int result;
    if (address_length == 4) {
        struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&place.sin_addr, address, 4);
        result = bind(fd, (struct sockaddr *)&place, sizeof place);
    } else {
        int one = 1;
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one)) return fail(fd);
        struct sockaddr_in6 place = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        memcpy(&place.sin6_addr, address, 16);
        result = bind(fd, (struct sockaddr *)&place, sizeof place);
    }
    return result ? fail(fd) : fd;
}

int heddle_tunnel_reservation(const uint8_t *address, int address_length, uint16_t port) {
    int fd = bound(address, address_length, port);
    if (fd < 0) return fd;
    int one = 1;
    // A kernel without it takes trains apart before the receiver sees them: slower, not wrong.
    setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
    return fd;
}

int heddle_tunnel_sender(const uint8_t *address, int address_length, uint16_t port, int send_buffer) {
    int fd = bound(address, address_length, port);
    if (fd < 0) return fd;
    int hops = 64;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer))
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (address_length == 4) {
        int discover = IP_PMTUDISC_DO;
        if (setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover)) return fail(fd);
        if (setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops)) return fail(fd);
    } else {
        int discover = IPV6_PMTUDISC_DO;
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discover, sizeof discover)) return fail(fd);
        if (setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops)) return fail(fd);
    }
    return fd;
}

ssize_t heddle_send_one(int fd, const void *message) {
    ssize_t result = sendmsg(fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return result < 0 ? -errno : result;
}

ssize_t heddle_write_vectors(int fd, const void *message) {
    const struct msghdr *m = message;
    ssize_t result = writev(fd, m->msg_iov, (int)m->msg_iovlen);
    return result < 0 ? -errno : result;
}
