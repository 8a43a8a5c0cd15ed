// Sockets of the gateway: guards that keep a port, the uplink's packet socket, and what a relay of datagrams needs.
// Addresses are 4 (IPv4) or 16 (IPv6) bytes in the order of the wire, ports in host order. All return -errno on
// failure.
#ifndef HEDDLE_GATEWAY_H
#define HEDDLE_GATEWAY_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A socket filter: a classic program, or, where `shared` is not negative, a loaded one that many sockets share.
struct heddle_filter {
    const struct sock_filter *code;
    uint16_t count;
    int shared;
};

enum {
    // Nobody reads from the socket: the smallest buffers, no control data.
    HEDDLE_GUARD_POOL = 1,
};

// A TCP listener or UDP socket with the filter on it before anything can arrive: non-blocking, close-on-exec. An
// `address_length` of 0 is all addresses of both families, or of IPv4 alone where there is no IPv6. Returns the
// descriptor.
int heddle_guard_listener(
    const uint8_t *address, int address_length, uint16_t port, const struct heddle_filter *filter, int flags);
int heddle_guard_datagram(
    const uint8_t *address, int address_length, uint16_t port, const struct heddle_filter *filter, int flags);

// Loads a program that drops all, for heddle_filter's `shared`. Returns its descriptor, close-on-exec.
int heddle_filter_drop_all(void);
// Puts another filter in the place of a socket's: nothing is let through or lost between the two.
int heddle_filter_set(int fd, const struct heddle_filter *filter);

// As heddle_packet_open, with a filter that is on before the first frame can come in.
int heddle_uplink_open(
    int ifindex, const struct heddle_filter *filter, int promiscuous, int receive_buffer, int send_buffer);

// One end of a datagram's way, as the kernel writes and reads it.
struct heddle_datagram_end {
    uint8_t name[28];    // struct sockaddr_in or sockaddr_in6 of the client
    uint8_t length;      // bytes used of it
    uint8_t has_local;   // whether `local` is known
    uint8_t local[16];   // the address that the client spoke to, in the form of the socket's family
};

// Takes one datagram without waiting, and both of its ends. Returns its length.
ssize_t heddle_datagram_receive(int fd, void *bytes, size_t capacity, struct heddle_datagram_end *end);
// Sends one datagram to the client, from the address that it spoke to. Returns its length.
ssize_t heddle_datagram_reply(int fd, const void *bytes, size_t count, const struct heddle_datagram_end *end);
// A UDP socket connected to an address and port: non-blocking, close-on-exec. Returns the descriptor.
int heddle_datagram_connect(const uint8_t *address, int address_length, uint16_t port);

#endif
