import CLinux
import Glibc
import SystemPackage

/// A classic BPF program that decides what a socket gets (linux/filter.h), as a value.
public struct SocketFilter: Sendable, Hashable {
    /// One instruction, as struct sock_filter has it.
    public struct Instruction: Sendable, Hashable {
        /// Class, size, mode and operation.
        public var code: UInt16
        /// Instructions to skip where the condition holds.
        public var whenTrue: UInt8
        /// Instructions to skip where it does not.
        public var whenFalse: UInt8
        /// The constant, offset or distance.
        public var operand: UInt32

        /// Makes an instruction.
        public init(_ code: UInt16, _ operand: UInt32, whenTrue: UInt8 = 0, whenFalse: UInt8 = 0) {
            self.code = code
            self.whenTrue = whenTrue
            self.whenFalse = whenFalse
            self.operand = operand
        }
    }

    /// The longest program that the kernel takes (BPF_MAXINSNS).
    public static let longest = 4_096

    /// The program. The kernel checks it when it is attached.
    public var instructions: [Instruction]

    /// Makes a program.
    public init(_ instructions: [Instruction]) {
        self.instructions = instructions
    }

    /// Nothing comes in.
    public static let dropAll = SocketFilter([Instruction(Operation.give, 0)])

    /// Everything comes in.
    public static let acceptAll = SocketFilter([Instruction(Operation.give, UInt32.max)])

    /// What arrives on these interfaces is dropped, all else comes in.
    public static func guarding(dropOn interfaces: [Int32]) -> SocketFilter {
        var code = [Instruction(Operation.loadWord, Operation.interfaceIndex)]
        for interface in interfaces {
            code.append(Instruction(Operation.jumpIfEqual, UInt32(bitPattern: interface), whenTrue: 0, whenFalse: 1))
            code.append(Instruction(Operation.give, 0))
        }
        code.append(Instruction(Operation.give, UInt32.max))
        return SocketFilter(code)
    }

    /// Puts the program in the place of the one that a socket has, at once: no packet meets neither.
    func attach(to descriptor: Int32) throws(Errno) {
        let result = withCFilter { heddle_filter_set(descriptor, $0) }
        guard result >= 0 else { throw Errno(rawValue: -result) }
    }

    /// The program as C has it, for as long as `body` runs.
    func withCFilter<Result>(_ body: (UnsafePointer<heddle_filter>) -> Result) -> Result {
        let code = instructions.map {
            sock_filter(code: $0.code, jt: $0.whenTrue, jf: $0.whenFalse, k: $0.operand)
        }
        return code.withUnsafeBufferPointer { buffer in
            var filter = heddle_filter(code: buffer.baseAddress, count: UInt16(clamping: code.count), shared: -1)
            return body(&filter)
        }
    }
}

extension SocketFilter {
    /// The few instructions that filters here are made of (linux/bpf_common.h, linux/filter.h).
    enum Operation {
        /// A = the 32 bits at an offset.
        static let loadWord: UInt16 = 0x20
        /// A = the 16 bits at an offset.
        static let loadHalf: UInt16 = 0x28
        /// A = the byte at an offset.
        static let loadByte: UInt16 = 0x30
        /// A = the 16 bits at X and an offset.
        static let loadHalfFromX: UInt16 = 0x48
        /// A = the byte at X and an offset.
        static let loadByteFromX: UInt16 = 0x50
        /// X = a constant.
        static let setX: UInt16 = 0x01
        /// X = four times the low four bits of the byte at an offset: the length of an IPv4 header.
        static let headerLengthToX: UInt16 = 0xB1
        /// A &= a constant.
        static let and: UInt16 = 0x54
        /// Jumps whatever A is.
        static let jump: UInt16 = 0x05
        /// A == a constant?
        static let jumpIfEqual: UInt16 = 0x15
        /// A >= a constant?
        static let jumpIfNotBelow: UInt16 = 0x35
        /// A & a constant != 0?
        static let jumpIfAnySet: UInt16 = 0x45
        /// Ends: this many bytes come in.
        static let give: UInt16 = 0x06

        /// Offsets that stand for what the kernel knows of a packet (SKF_AD_OFF).
        private static let ancillary = UInt32(bitPattern: -0x1000)
        /// The index of the interface that it arrived on.
        static let interfaceIndex = ancillary + 8
        /// Whom it is for (linux/if_packet.h): PACKET_HOST is 0.
        static let packetType = ancillary + 4
        /// Whether it came with a VLAN tag that the kernel has put aside.
        static let hasTag = ancillary + 48
        /// That tag's 16 bits.
        static let tag = ancillary + 44
        /// That tag's EtherType.
        static let tagProtocol = ancillary + 60
    }
}
