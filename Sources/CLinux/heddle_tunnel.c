#define _GNU_SOURCE
#include "heddle_tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif
// Newer than Debian 12's headers: linux/if_tun.h (6.2, 6.17), linux/bpf.h (6.6).
enum {
    TUN_USO = 0x20 | 0x40,
    TUN_TUNNEL_GSO = 0x80 | 0x100,
    TUNNEL_HEADER = 24,
    TCX_INGRESS = 46,
    CALL_LOAD_BYTES = 26,
    CALL_REDIRECT_NEIGHBOUR = 152,
};

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

// Every frame: return bpf_redirect_neigh(the interface that its source address names, no neighbour given, 0, 0).
static int load_program(void) {
    struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 6},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -4},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 4},
        {.code = BPF_JMP | BPF_CALL, .imm = CALL_LOAD_BYTES},
        // No interface has the number 0: what is too short for one is dropped.
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 0},
        {.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 1, .imm = 0},
        {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 1, .src_reg = 10, .off = -4},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 0},
        {.code = BPF_JMP | BPF_CALL, .imm = CALL_REDIRECT_NEIGHBOUR},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_SCHED_CLS;
    attributes.insns = (uint64_t)(uintptr_t)code;
    attributes.insn_cnt = sizeof code / sizeof code[0];
    attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
    return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
}

// Attached to the device itself, not to a link: it stays for as long as the device does.
static int attach_program(int program, int interface) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)interface;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = TCX_INGRESS;
    return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes);
}

// Nothing of the host's own is to leave by it.
static void silence(const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    // Without IPv6 there is nothing to be silenced.
    if (write(file, "1", 1) != 1) errno = 0;
    close(file);
}

static int set_up(const char *name) {
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0) return -1;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
    request.ifr_flags = IFF_UP | IFF_NOARP;
    int result = ioctl(control, SIOCSIFFLAGS, &request);
    int error = errno;
    close(control);
    errno = error;
    return result;
}

int heddle_tunnel_device(void) {
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -errno;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "hdltx%d");
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    if (ioctl(fd, TUNSETIFF, &request)) return fail(fd);
    int size = TUNNEL_HEADER, little_endian = 1;
    if (ioctl(fd, TUNSETVNETHDRSZ, &size)) return fail(fd);
    if (ioctl(fd, TUNSETVNETLE, &little_endian)) return fail(fd);
    unsigned long offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_USO | TUN_TUNNEL_GSO;
    if (ioctl(fd, TUNSETOFFLOAD, offload)) return fail(fd);
    silence(request.ifr_name);
    int program = load_program();
    if (program < 0) return fail(fd);
    int result = attach_program(program, (int)if_nametoindex(request.ifr_name));
    int error = errno;
    close(program);
    errno = error;
    if (result || set_up(request.ifr_name)) return fail(fd);
    return fd;
}

int heddle_tunnel_device_index(int fd) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    if (ioctl(fd, TUNGETIFF, &request)) return -errno;
    unsigned index = if_nametoindex(request.ifr_name);
    return index ? (int)index : -errno;
}

int heddle_tunnel_port(int fd) {
    struct sockaddr_storage place;
    socklen_t length = sizeof place;
    if (getsockname(fd, (struct sockaddr *)&place, &length)) return -errno;
    if (place.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&place)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&place)->sin6_port);
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
