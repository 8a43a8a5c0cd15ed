// Sockets of a VXLAN tunnel end: what receives, what keeps the UDP port, what sends. Addresses are 4 (IPv4) or 16 (IPv6)
// bytes in the order of the wire, ports in host order. All return the descriptor or -errno.
#ifndef HEDDLE_TUNNEL_H
#define HEDDLE_TUNNEL_H

#include <stdint.h>
#include <sys/types.h>

// A packet socket, bound to no interface, that gets the UDP datagrams to the address and port: whole frames behind a
// 10-byte virtio_net_hdr, non-blocking. Later fragments don't pass its filter, first ones do.
int heddle_tunnel_receiver(const uint8_t *address, int address_length, uint16_t port, int receive_buffer);

// A UDP socket bound to the address and port that takes nothing: the host neither answers for the port nor gives it to
// others, and trains of datagrams stay in one piece on their way (UDP_GRO).
int heddle_tunnel_reservation(const uint8_t *address, int address_length, uint16_t port);

// A UDP socket bound to the address and port that sends and takes nothing: never fragmented, hop limit 64.
int heddle_tunnel_sender(const uint8_t *address, int address_length, uint16_t port, int send_buffer);

// A TAP that takes super-frames inside datagrams (a virtio_net_hdr_v1_hash_tunnel of 24 bytes, Linux 6.17) and has them
// leave, routed and with the neighbour's address, by the interface whose index is in bytes 6 to 9 of the frame, in the
// machine's order. Up, with a name that the kernel chooses; gone with its last descriptor. Not heard by the host's stack,
// nor by its firewall.
int heddle_tunnel_device(void);

// The index of a TAP's interface, which has to be in the caller's namespace, or -errno.
int heddle_tunnel_device_index(int fd);

// The UDP port that a socket is bound to, or -errno.
int heddle_tunnel_port(int fd);

// sendmsg and writev of a struct msghdr's vectors, without waiting. Return what was written or -errno.
ssize_t heddle_send_one(int fd, const void *message);
ssize_t heddle_write_vectors(int fd, const void *message);

#endif
