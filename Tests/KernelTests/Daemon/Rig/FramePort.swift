import Addresses
import CLinux
import Glibc
import Netlink

/// Sends and receives whole frames on an interface of a sandbox, by a packet socket.
final class FramePort {
    /// One frame that came in.
    struct Frame: Hashable {
        /// From the destination address on, without a tag.
        var bytes: [UInt8]
        /// The 802.1Q VLAN that it was tagged with.
        var vlan: Int?

        var destination: [UInt8] { Array(bytes.prefix(6)) }
        var payload: ArraySlice<UInt8> { bytes.dropFirst(14) }
    }

    private let descriptor: Int32
    /// Bytes of struct virtio_net_hdr, which the socket puts in front of every frame.
    private static let headerBytes = 10
    /// An EtherType for experiments (IEEE 802, table "local experimental 1"): nobody else speaks it.
    static let etherType: UInt16 = 0x88B5

    init(_ sandbox: TestSandbox, _ ifname: String) throws {
        let namespace = try sandbox.open()
        guard let link = try RouteSocket(in: namespace).link(named: ifname) else { throw LabError("no \(ifname)") }
        let opened = try namespace.run { heddle_packet_open(link.index, 1, 4 << 20, 4 << 20) }
        guard opened >= 0 else {
            errno = -opened
            throw LabError.system("open a packet socket on \(ifname)")
        }
        descriptor = opened
    }

    deinit {
        close(descriptor)
    }

    /// A frame of `count` bytes with the experimental EtherType.
    static func frame(to: MACAddress, from: MACAddress, count: Int = 64, fill: UInt8 = 0x5A) -> [UInt8] {
        let head = to.octets + from.octets + [UInt8(etherType >> 8), UInt8(etherType & 0xFF)]
        return head + [UInt8](repeating: fill, count: max(0, count - head.count))
    }

    func send(_ frame: [UInt8]) throws {
        let bytes = [UInt8](repeating: 0, count: Self.headerBytes) + frame
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw LabError.system("send a frame") }
    }

    /// Waits until `count` frames that fit have come, or the time is over; returns those.
    func receive(
        _ count: Int, within limit: Duration = .seconds(2), where fits: (Frame) -> Bool = isExperimental
    ) -> [Frame] {
        var frames: [Frame] = []
        _ = Patience.until(limit) {
            while frames.count < count, let frame = next() {
                if fits(frame) { frames.append(frame) }
            }
            return frames.count >= count
        }
        return frames
    }

    /// What has come so far and fits.
    func waiting(where fits: (Frame) -> Bool = isExperimental) -> [Frame] {
        var frames: [Frame] = []
        while let frame = next() {
            if fits(frame) { frames.append(frame) }
        }
        return frames
    }

    /// Whether a frame is one of `frame(to:from:)`.
    static func isExperimental(_ frame: Frame) -> Bool {
        frame.bytes.count >= 14 && frame.bytes[12] == etherType >> 8 && frame.bytes[13] == etherType & 0xFF
    }

    private func next() -> Frame? {
        var bytes = [UInt8](repeating: 0, count: 70_000)
        var control = [UInt8](repeating: 0, count: 256)
        var flags: Int32 = 0
        let count = heddle_receive_packet(descriptor, &bytes, bytes.count, &control, control.count, &flags)
        guard count >= Self.headerBytes else { return nil }
        return Frame(bytes: Array(bytes[Self.headerBytes..<count]), vlan: Self.vlan(control))
    }

    /// struct tpacket_auxdata behind a cmsghdr of 16 bytes: the status at 0, the tag at 16; bit 4 of the status says that
    /// there is one (TP_STATUS_VLAN_VALID of linux/if_packet.h).
    private static func vlan(_ control: [UInt8]) -> Int? {
        guard control[8] != 0, control[16] & 0x10 != 0 else { return nil }
        return Int(control[32]) | Int(control[33] & 0x0F) << 8
    }
}
