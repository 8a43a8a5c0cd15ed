import DataPlane

/// Runs a classic BPF program as the kernel documents it (filter.rst), for the instructions that filters here have.
struct FilterInterpreter {
    /// What the kernel knows of a packet besides its bytes.
    struct Surroundings {
        var packetType: UInt32 = 0
        var interface: UInt32 = 1
        var hasTag: UInt32 = 0
        var tag: UInt32 = 0
        var tagProtocol: UInt32 = 0
    }

    /// Why the kernel would refuse a program, or nil.
    static func refusal(of program: [SocketFilter.Instruction]) -> String? {
        guard !program.isEmpty, program.count <= 4_096 else { return "\(program.count) instructions" }
        guard program.last?.code == 0x06 else { return "doesn't end with a result" }
        for (place, step) in program.enumerated() {
            let rest = program.count - place - 1
            switch step.code {
            case 0x05 where Int(step.operand) >= rest: return "jump out of the program at \(place)"
            case 0x15, 0x35, 0x45:
                if Int(step.whenTrue) >= rest || Int(step.whenFalse) >= rest { return "jump out at \(place)" }
            default: break
            }
        }
        return nil
    }

    /// How many bytes of the packet come in; nil: the program is wrong.
    static func run(
        _ program: [SocketFilter.Instruction], on packet: [UInt8], _ around: Surroundings = Surroundings()
    ) -> UInt32? {
        var accumulator: UInt32 = 0
        var index: UInt32 = 0
        var place = 0
        func load(_ offset: UInt64, _ count: Int) -> UInt32? {
            guard offset + UInt64(count) <= UInt64(packet.count) else { return nil }
            return packet[Int(offset)..<Int(offset) + count].reduce(0) { $0 << 8 | UInt32($1) }
        }
        while place < program.count {
            let step = program[place]
            place += 1
            switch step.code {
            case 0x20, 0x28, 0x30:
                switch step.operand {
                case 0xFFFF_F004: accumulator = around.packetType
                case 0xFFFF_F008: accumulator = around.interface
                case 0xFFFF_F030: accumulator = around.hasTag
                case 0xFFFF_F02C: accumulator = around.tag
                case 0xFFFF_F03C: accumulator = around.tagProtocol
                default:
                    guard let value = load(UInt64(step.operand), [0x20: 4, 0x28: 2, 0x30: 1][step.code] ?? 0) else {
                        return 0
                    }
                    accumulator = value
                }
            case 0x48, 0x50:
                guard let value = load(UInt64(step.operand) + UInt64(index), step.code == 0x48 ? 2 : 1) else {
                    return 0
                }
                accumulator = value
            case 0x01: index = step.operand
            case 0xB1:
                guard let value = load(UInt64(step.operand), 1) else { return 0 }
                index = 4 * (value & 15)
            case 0x54: accumulator &= step.operand
            case 0x05: place += Int(step.operand)
            case 0x15: place += Int(accumulator == step.operand ? step.whenTrue : step.whenFalse)
            case 0x35: place += Int(accumulator >= step.operand ? step.whenTrue : step.whenFalse)
            case 0x45: place += Int(accumulator & step.operand != 0 ? step.whenTrue : step.whenFalse)
            case 0x06: return step.operand
            default: return nil
            }
        }
        return nil
    }
}
