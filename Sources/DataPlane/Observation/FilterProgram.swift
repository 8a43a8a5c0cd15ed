import Glibc

/// A classic BPF program that is known to end: what decides in the data plane which frames a capture gets.
///
/// `init` refuses what the kernel refuses (net/core/filter.c, bpf_check_classic), so that running it is total: every
/// program on any bytes ends after at most as many steps as it has instructions, and reads nothing outside of the frame.
/// Scratch memory begins as zeros. Owns its instructions.
public struct FilterProgram: ~Copyable {
    /// What is known of a frame besides its bytes: the kernel's ancillary data (SKF_AD_OFF).
    public struct Surroundings {
        /// PACKET_HOST and the like (linux/if_packet.h).
        public var packetType: UInt32 = 0
        /// The interface's index.
        public var interface: UInt32 = 1
        /// Whether there is a VLAN tag beside the frame; in a capture it stands in the frame.
        public var hasTag: UInt32 = 0
        /// That tag's 16 bits.
        public var tag: UInt32 = 0
        /// That tag's EtherType.
        public var tagProtocol: UInt32 = 0

        /// Surroundings; without any, nothing special.
        public init(
            packetType: UInt32 = 0, interface: UInt32 = 1, hasTag: UInt32 = 0, tag: UInt32 = 0, tagProtocol: UInt32 = 0
        ) {
            self.packetType = packetType
            self.interface = interface
            self.hasTag = hasTag
            self.tag = tag
            self.tagProtocol = tagProtocol
        }
    }

    private let steps: UnsafeMutablePointer<SocketFilter.Instruction>
    /// How many instructions.
    public let count: Int
    /// Words of scratch memory (BPF_MEMWORDS).
    private static var words: UInt32 { @_noAllocation @_noLocks get { 16 } }

    /// Checks a program; nil if it isn't one: see `refusal`.
    public init?(_ instructions: [SocketFilter.Instruction]) {
        guard Self.refusal(of: instructions) == nil else { return nil }
        count = instructions.count
        steps = .allocate(capacity: count)
        steps.initialize(from: instructions, count: count)
    }

    deinit {
        steps.deallocate()
    }

    /// Why a program isn't one; nil: it is.
    public static func refusal(of program: [SocketFilter.Instruction]) -> String? {
        guard !program.isEmpty, program.count <= SocketFilter.longest else { return "\(program.count) instructions" }
        for (place, step) in program.enumerated() {
            let rest = program.count - place - 1
            guard isKnown(step.code) else { return "instruction \(place) has the unknown code \(step.code)" }
            switch step.code & 0x07 {
            case 0x05 where step.code == 0x05:
                if Int(step.operand) >= rest { return "instruction \(place) jumps out of the program" }
            case 0x05:
                if Int(step.whenTrue) >= rest || Int(step.whenFalse) >= rest {
                    return "instruction \(place) jumps out of the program"
                }
            case 0x04:
                switch step.code {
                case 0x34, 0x94: if step.operand == 0 { return "instruction \(place) divides by zero" }
                case 0x64, 0x74: if step.operand >= 32 { return "instruction \(place) shifts too far" }
                default: break
                }
            case 0x00 where step.code == 0x60, 0x01 where step.code == 0x61, 0x02, 0x03:
                if step.operand >= words { return "instruction \(place) is beyond the scratch memory" }
            default: break
            }
        }
        // RET K or RET A.
        guard let last = program.last?.code, last == 0x06 || last == 0x16 else { return "it doesn't end with a result" }
        return nil
    }

    /// The codes that the kernel takes.
    private static func isKnown(_ code: UInt16) -> Bool {
        switch code {
        // ALU: add, sub, mul, div, or, and, shifts, mod, xor by K and by X; neg.
        case 0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x94, 0xA4, 0x84: true
        case 0x0C, 0x1C, 0x2C, 0x3C, 0x4C, 0x5C, 0x6C, 0x7C, 0x9C, 0xAC: true
        // Loads: absolute and indexed, length, constant, scratch; X too.
        case 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x81, 0x00, 0x01, 0xB1, 0x60, 0x61: true
        // Stores, moves between A and X, results.
        case 0x02, 0x03, 0x07, 0x87, 0x06, 0x16: true
        // Jumps: always, and ==, >, >=, & by K and by X.
        case 0x05, 0x15, 0x25, 0x35, 0x45, 0x1D, 0x2D, 0x3D, 0x4D: true
        default: false
        }
    }
}

extension FilterProgram {
    /// Registers and scratch memory of one run.
    private struct Machine {
        var accumulator: UInt32 = 0
        var index: UInt32 = 0
        var scratch = InlineArray<16, UInt32>(repeating: 0)

        @inline(__always)
        init() {}
    }

    /// How much of a frame is wanted: 0 for nothing. O(instructions).
    ///
    /// - Parameters:
    ///   - frame: `available` bytes from the destination address on.
    ///   - length: of the whole frame; what the program sees as its length.
    public borrowing func run(
        _ frame: UnsafeRawPointer, available: Int, length: Int, _ around: Surroundings = Surroundings()
    ) -> UInt32 {
        var machine = Machine()
        var place = 0
        // Invariant of all reads of `steps`: place < count, and jumps only lead on.
        while place < count {
            let step = steps[place]
            place &+= 1
            let k = step.operand
            switch step.code & 0x07 {
            case 0x00:
                guard let value = Self.load(step.code, k, machine, frame, available, length, around) else { return 0 }
                machine.accumulator = value
            case 0x01:
                switch step.code {
                case 0x01: machine.index = k
                case 0x81: machine.index = UInt32(truncatingIfNeeded: length)
                case 0x61: machine.index = machine.scratch[unchecked: Int(k & 15)]
                default:
                    // 4 × (byte & 15): the length of an IPv4 header.
                    guard UInt64(k) < UInt64(truncatingIfNeeded: max(available, 0)) else { return 0 }
                    machine.index = UInt32(frame.byte(at: Int(k)) & 15) &* 4
                }
            case 0x02: machine.scratch[unchecked: Int(k & 15)] = machine.accumulator
            case 0x03: machine.scratch[unchecked: Int(k & 15)] = machine.index
            case 0x04:
                guard let value = Self.calculate(step.code, machine.accumulator, step.code & 8 != 0 ? machine.index : k)
                else { return 0 }
                machine.accumulator = value
            case 0x05:
                if step.code == 0x05 {
                    place &+= Int(k)
                } else {
                    let holds = Self.compare(step.code, machine.accumulator, step.code & 8 != 0 ? machine.index : k)
                    place &+= Int(holds ? step.whenTrue : step.whenFalse)
                }
            case 0x06:
                return step.code == 0x16 ? machine.accumulator : k
            default:
                if step.code & 0x80 == 0 {
                    machine.index = machine.accumulator
                } else {
                    machine.accumulator = machine.index
                }
            }
        }
        return 0
    }

    /// What is loaded into A; nil: beyond the frame, which ends the program with 0.
    @inline(__always)
    private static func load(
        _ code: UInt16, _ k: UInt32, _ machine: Machine, _ frame: UnsafeRawPointer, _ available: Int, _ length: Int,
        _ around: Surroundings
    ) -> UInt32? {
        var offset = UInt64(k)
        switch code {
        case 0x00: return k
        case 0x60: return machine.scratch[unchecked: Int(k & 15)]
        case 0x80: return UInt32(truncatingIfNeeded: length)
        case 0x40, 0x48, 0x50: offset &+= UInt64(machine.index)
        default:
            if k >= 0xFFFF_F000 {
                switch k {
                case 0xFFFF_F004: return around.packetType
                case 0xFFFF_F008: return around.interface
                case 0xFFFF_F02C: return around.tag
                case 0xFFFF_F030: return around.hasTag
                case 0xFFFF_F03C: return around.tagProtocol
                default: return nil
                }
            }
        }
        let size: UInt64 = code & 0x18 == 0x00 ? 4 : code & 0x18 == 0x08 ? 2 : 1
        // At most 2^33, so nothing here overflows; what passes lies inside of the frame.
        guard offset &+ size <= UInt64(truncatingIfNeeded: max(available, 0)) else { return nil }
        let place = Int(offset)
        switch size {
        case 4: return frame.bigEndian32(at: place)
        case 2: return UInt32(frame.bigEndian16(at: place))
        default: return UInt32(frame.byte(at: place))
        }
    }

    /// nil: a division by zero, which ends the program with 0.
    @inline(__always)
    private static func calculate(_ code: UInt16, _ a: UInt32, _ operand: UInt32) -> UInt32? {
        switch code & 0xF0 {
        case 0x00: return a &+ operand
        case 0x10: return a &- operand
        case 0x20: return a &* operand
        case 0x30: return operand == 0 ? nil : a / operand
        case 0x40: return a | operand
        case 0x50: return a & operand
        case 0x60: return operand < 32 ? a &<< operand : 0
        case 0x70: return operand < 32 ? a &>> operand : 0
        case 0x80: return 0 &- a
        case 0x90: return operand == 0 ? nil : a % operand
        default: return a ^ operand
        }
    }

    @inline(__always)
    private static func compare(_ code: UInt16, _ a: UInt32, _ operand: UInt32) -> Bool {
        switch code & 0xF0 {
        case 0x10: a == operand
        case 0x20: a > operand
        case 0x30: a >= operand
        default: a & operand != 0
        }
    }
}
