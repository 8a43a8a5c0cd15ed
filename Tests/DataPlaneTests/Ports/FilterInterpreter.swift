import DataPlane

/// Runs the filters of sockets by the data plane's own interpreter, on copies without a byte to spare.
enum FilterInterpreter {
    typealias Surroundings = FilterProgram.Surroundings

    /// Why the kernel would refuse a program, or nil.
    static func refusal(of program: [SocketFilter.Instruction]) -> String? {
        FilterProgram.refusal(of: program)
    }

    /// How many bytes of the packet come in; nil: the program is wrong.
    static func run(
        _ program: [SocketFilter.Instruction], on packet: [UInt8], _ around: Surroundings = Surroundings()
    ) -> UInt32? {
        guard let checked = FilterProgram(program) else { return nil }
        return run(checked, on: packet, around)
    }

    /// The same for a program that was checked before.
    static func run(
        _ program: borrowing FilterProgram, on packet: [UInt8], _ around: Surroundings = Surroundings()
    ) -> UInt32 {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: packet.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyMemory(from: packet, byteCount: packet.count)
        return program.run(memory, available: packet.count, length: packet.count, around)
    }
}
