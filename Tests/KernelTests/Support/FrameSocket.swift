// Offers: `FrameSocket`, whole frames in and out of one interface, none lost unseen: with the virtio_net_hdr of each, VLAN
// tags where they were, and the kernel's count of what its queue had no room for.

import CLinux
import DataPlane
import Glibc
import Netlink

/// A packet socket on one interface. Keeps the interface's namespace alive. For one thread at a time.
final class FrameSocket: @unchecked Sendable {
    // Sendable: nothing in it changes but the kernel's side.

    /// A frame that came in.
    struct Received: Equatable {
        /// virtio_net_hdr, 10 bytes.
        var header: [UInt8]
        /// From the destination address on, with the tag that the kernel took out.
        var frame: [UInt8]
    }

    /// virtio_net_hdr and the longest frame, behind the room for a tag.
    private static let capacity = 80_000
    /// linux/if_packet.h.
    private static let packetLevel: Int32 = 263
    private static let qdiscBypass: Int32 = 20

    let descriptor: Int32

    /// Opens the interface `name` of a sandbox. `bypassing` the qdisc, a frame that the device has no room for is refused
    /// at once.
    init(_ name: String = "eth0", in sandbox: LabNamespace, bypassing: Bool = false) throws {
        let index = try sandbox.link(name).index
        descriptor = try sandbox.run { try PacketSocket.open(interfaceIndex: index, promiscuous: true) }
        guard bypassing else { return }
        var one: Int32 = 1
        guard setsockopt(descriptor, Self.packetLevel, Self.qdiscBypass, &one, 4) == 0 else {
            throw SetupError("cannot bypass the qdisc of \(name): error \(errno)")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Sends a frame behind a virtio_net_hdr: 0 or an errno.
    func send(_ frame: [UInt8], header: [UInt8] = [UInt8](repeating: 0, count: 10)) -> Int32 {
        let bytes = header + frame
        while true {
            if write(descriptor, bytes, bytes.count) == bytes.count { return 0 }
            guard errno == EAGAIN else { return errno }
            wait(for: POLLOUT, 1_000)
        }
    }

    /// Sends a frame that the kernel must take.
    func put(_ frame: [UInt8]) throws {
        let error = send(frame)
        guard error == 0 else { throw SetupError("cannot send a frame of \(frame.count) bytes: error \(error)") }
    }

    /// The next frame; nil if none comes in time.
    func receive(within milliseconds: Int32 = 5_000) -> Received? {
        withUnsafeTemporaryAllocation(byteCount: Self.capacity, alignment: 8) { buffer in
            withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { control in
                guard let base = buffer.baseAddress else { return nil }
                var waited = false
                while true {
                    var flags: Int32 = 0
                    let count = heddle_receive_packet(
                        descriptor, base, Self.capacity, control.baseAddress, 64, &flags)
                    if count >= 10 {
                        return Self.received(UnsafeRawBufferPointer(rebasing: buffer[..<count]), control)
                    }
                    if waited || milliseconds == 0 { return nil }
                    wait(for: POLLIN, milliseconds)
                    waited = true
                }
            }
        }
    }

    /// The next frame's bytes from the destination address on; nil if none comes in time.
    func receiveFrame(within milliseconds: Int32 = 5_000) -> [UInt8]? {
        receive(within: milliseconds)?.frame
    }

    /// All frames that are there.
    func takeAll() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while let frame = receiveFrame(within: 0) { frames.append(frame) }
        return frames
    }

    /// Takes away what the socket would say of its interface having been down.
    func forgetError() {
        var error: Int32 = 0
        var length = socklen_t(4)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
    }

    /// How many frames found no room in the socket's queue since the last call.
    func takeDrops() throws -> UInt64 {
        try PacketSocket.takeDrops(descriptor: descriptor)
    }

    private func wait(for events: Int32, _ milliseconds: Int32) {
        var state = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        _ = poll(&state, 1, milliseconds)
    }

    /// Reads struct tpacket_auxdata (linux/if_packet.h) behind a struct cmsghdr of 16 bytes.
    private static func received(_ bytes: UnsafeRawBufferPointer, _ control: UnsafeMutableRawBufferPointer) -> Received
    {
        var frame = Array(bytes[10...])
        let status = control.load(fromByteOffset: 16, as: UInt32.self)
        let isAuxiliary =
            control.load(fromByteOffset: 8, as: Int32.self) == packetLevel
            && control.load(fromByteOffset: 12, as: Int32.self) == 8
        // TP_STATUS_VLAN_VALID
        if isAuxiliary, status & 1 << 4 != 0, frame.count >= 12 {
            let tci = control.load(fromByteOffset: 32, as: UInt16.self)
            let tpid = control.load(fromByteOffset: 34, as: UInt16.self)
            let tag = [UInt8(tpid >> 8), UInt8(tpid & 0xFF), UInt8(tci >> 8), UInt8(tci & 0xFF)]
            frame.insert(contentsOf: tag, at: 12)
        }
        return Received(header: Array(bytes[..<10]), frame: frame)
    }
}
