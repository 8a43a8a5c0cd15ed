import CLinux
import SystemPackage

/// What `ethtool` does, through its ioctl (linux/ethtool.h), in one namespace. For one thread at a time.
///
/// Keeps the namespace alive until it is let go. Methods throw `NetlinkError`; `.notSupportedOnSocket` (EOPNOTSUPP) where the
/// interface's driver knows nothing of it.
public final class EthtoolSocket {
    /// Features that can be switched; members that are nil stay as they are.
    public struct Offloads: Hashable, Sendable {
        /// Checksums of received packets are trusted to the device.
        public var rxChecksum: Bool?
        /// Checksums of sent packets are left to the device.
        public var txChecksum: Bool?
        /// Sent packets may lie in several pieces of memory.
        public var scatterGather: Bool?
        /// TCP segments are cut by the device.
        public var tso: Bool?
        /// Super-frames are cut as late as possible.
        public var gso: Bool?
        /// Received segments are joined.
        public var gro: Bool?
        /// Received VLAN tags are taken out of the packet.
        public var rxVLAN: Bool?
        /// VLAN tags of sent packets are put in by the device.
        public var txVLAN: Bool?

        /// Makes a change of nothing; set the members that matter.
        public init() {}
    }

    private let descriptor: FileDescriptor

    /// Opens a socket in a namespace (nil: the calling thread's).
    public init(in namespace: NetworkNamespace? = nil) throws(NetlinkError) {
        do throws(Errno) {
            let raw = try NetworkNamespace.entering(namespace) { heddle_ioctl_socket() }
            guard raw >= 0 else { throw Errno(rawValue: -raw) }
            descriptor = FileDescriptor(rawValue: raw)
        } catch {
            throw NetlinkError(errno: error, operation: "open a socket for ethtool")
        }
    }

    deinit {
        try? descriptor.close()
    }

    /// Switches features. Goes through them in the order of their declaration and stops at the first that is refused.
    public func setOffloads(_ name: String, _ offloads: Offloads) throws(NetlinkError) {
        let operation = "switch the offloads of the interface \(name)"
        for (wanted, command) in EthtoolSocket.switches(offloads) {
            guard let wanted else { continue }
            var value = EthtoolValue(command: command, data: wanted ? 1 : 0)
            try call(name, operation, &value)
        }
        guard offloads.rxVLAN != nil || offloads.txVLAN != nil else { return }
        var flags = EthtoolValue(command: Command.getFlags, data: 0)
        try call(name, operation, &flags)
        flags.command = Command.setFlags
        for (wanted, bit) in [(offloads.txVLAN, Command.flagTxVLAN), (offloads.rxVLAN, Command.flagRxVLAN)] {
            guard let wanted else { continue }
            flags.data = wanted ? flags.data | bit : flags.data & ~bit
        }
        try call(name, operation, &flags)
    }

    /// The features as they are now; all members are set, except those that the kernel doesn't tell.
    public func offloads(_ name: String) throws(NetlinkError) -> Offloads {
        let operation = "read the offloads of the interface \(name)"
        func read(_ command: UInt32) throws(NetlinkError) -> UInt32 {
            var value = EthtoolValue(command: command, data: 0)
            try call(name, operation, &value)
            return value.data
        }
        var offloads = Offloads()
        offloads.rxChecksum = try read(Command.getRxChecksum) != 0
        offloads.txChecksum = try read(Command.getTxChecksum) != 0
        offloads.scatterGather = try read(Command.getScatterGather) != 0
        offloads.tso = try read(Command.getTSO) != 0
        offloads.gso = try read(Command.getGSO) != 0
        offloads.gro = try read(Command.getGRO) != 0
        let flags = try read(Command.getFlags)
        offloads.rxVLAN = flags & Command.flagRxVLAN != 0
        offloads.txVLAN = flags & Command.flagTxVLAN != 0
        return offloads
    }

    /// The commands that set one feature each.
    private static func switches(_ offloads: Offloads) -> [(Bool?, UInt32)] {
        [
            (offloads.rxChecksum, Command.setRxChecksum), (offloads.txChecksum, Command.setTxChecksum),
            (offloads.scatterGather, Command.setScatterGather), (offloads.tso, Command.setTSO),
            (offloads.gso, Command.setGSO), (offloads.gro, Command.setGRO),
        ]
    }

    /// Runs one command; the kernel reads and writes `argument`.
    func call<Argument: BitwiseCopyable>(
        _ name: String, _ operation: @autoclosure () -> String, _ argument: inout Argument
    ) throws(NetlinkError) {
        // The argument's type is as large as the command's structure, so that the kernel stays within it.
        let result = withUnsafeMutableBytes(of: &argument) { call(name, $0) }
        guard result >= 0 else { throw NetlinkError(errno: Errno(rawValue: -result), operation: operation()) }
    }

    /// Runs one command on memory that is as large as the command's structure. Returns what the kernel says, or -errno.
    func call(_ name: String, _ argument: UnsafeMutableRawBufferPointer) -> Int32 {
        // A C string ends at its first zero byte: the kernel would be asked about another interface.
        guard !name.utf8.contains(0) else { return -Errno.invalidArgument.rawValue }
        return heddle_ethtool(descriptor.rawValue, name, argument.baseAddress)
    }

    /// struct ethtool_value.
    private struct EthtoolValue: BitwiseCopyable {
        var command: UInt32
        var data: UInt32
    }

    /// ETHTOOL_* and ETH_FLAG_* of linux/ethtool.h.
    private enum Command {
        static let getRxChecksum: UInt32 = 0x14
        static let setRxChecksum: UInt32 = 0x15
        static let getTxChecksum: UInt32 = 0x16
        static let setTxChecksum: UInt32 = 0x17
        static let getScatterGather: UInt32 = 0x18
        static let setScatterGather: UInt32 = 0x19
        static let getTSO: UInt32 = 0x1E
        static let setTSO: UInt32 = 0x1F
        static let getGSO: UInt32 = 0x23
        static let setGSO: UInt32 = 0x24
        static let getFlags: UInt32 = 0x25
        static let setFlags: UInt32 = 0x26
        static let getGRO: UInt32 = 0x2B
        static let setGRO: UInt32 = 0x2C
        static let flagTxVLAN: UInt32 = 1 << 7
        static let flagRxVLAN: UInt32 = 1 << 8
    }
}
