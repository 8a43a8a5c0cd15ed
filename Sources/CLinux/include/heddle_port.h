// TAP devices and packet sockets: ioctl numbers and socket options that Swift cannot import or Debian's headers lack.
#ifndef HEDDLE_PORT_H
#define HEDDLE_PORT_H

#include <stddef.h>
#include <stdint.h>

// What a TAP may hand us unfinished (TUNSETOFFLOAD).
enum {
    HEDDLE_TUN_CSUM = 0x01,
    HEDDLE_TUN_TSO4 = 0x02,
    HEDDLE_TUN_TSO6 = 0x04,
    HEDDLE_TUN_TSO_ECN = 0x08,
    HEDDLE_TUN_USO = 0x60,  // USO4 | USO6: honoured only as a pair, since 6.2
};

// Opens /dev/net/tun and attaches to the TAP `name` of the calling thread's network namespace: single queue, no packet
// information, 10-byte virtio_net_hdr, non-blocking, close-on-exec. With `create`, an existing device is an error
// (-EBUSY or -EEXIST); without, the kernel makes one if there is none: compare the interface index afterwards.
// Returns the descriptor or -errno.
int heddle_tap_open(const char *name, int create);
// 0 or -errno.
int heddle_tap_set_offload(int fd, unsigned offload);
int heddle_tap_set_persistent(int fd, int on);
// Opens the network namespace in which the device lies now. The descriptor (close-on-exec) or -errno.
int heddle_tap_namespace(int fd);

// Opens a packet socket on an interface of the calling thread's network namespace: SOCK_RAW, 10-byte virtio_net_hdr,
// auxdata, no outgoing frames, non-blocking, close-on-exec; buffer sizes in bytes. Returns the descriptor or -errno.
int heddle_packet_open(int ifindex, int promiscuous, int receive_buffer, int send_buffer);
// Frames that the socket's queue had no room for since the last call, or -errno. Resets the kernel's count.
int64_t heddle_packet_take_drops(int fd);

// The index of the interface that a packet socket is bound to, or -errno.
int heddle_packet_interface(int fd);

#endif
