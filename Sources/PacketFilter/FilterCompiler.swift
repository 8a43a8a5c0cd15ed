import CPcap
import Synchronization

/// Compiles tcpdump's filter language (pcap-filter(7)) with libpcap.
public enum FilterCompiler {
    /// One instruction of the program (struct bpf_insn).
    public struct Instruction: Sendable, Hashable {
        /// Class, size, mode and operation.
        public var code: UInt16
        /// Instructions to skip where the condition holds.
        public var whenTrue: UInt8
        /// Instructions to skip where it does not.
        public var whenFalse: UInt8
        /// The constant, offset or distance.
        public var operand: UInt32
    }

    /// What libpcap finds wrong with a filter, in its own words.
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// One line.
        public var message: String

        /// Makes a refusal.
        public init(message: String) {
            self.message = message
        }

        /// One line.
        public var description: String { message }
    }

    /// libpcap before 1.8 keeps the parser's state in globals, and names are still looked up by calls that share theirs.
    private static let turn = Mutex(())

    /// Compiles a filter for Ethernet frames; an empty one wants everything. Names of hosts, ports and protocols are looked
    /// up in the files of this machine, and hosts by its resolver, which can take seconds. Any thread.
    ///
    /// - Parameter snapLength: what the program gives for a frame that is wanted.
    public static func compile(_ filter: String, snapLength: Int32 = 262_144) throws(Refusal) -> [Instruction] {
        // A C string ends at its first zero: what follows would be silently left out.
        guard !filter.utf8.contains(0) else { throw Refusal(message: "the filter has a zero byte in it") }
        let result: Result<[Instruction], Refusal> = turn.withLock { _ in
            guard let handle = pcap_open_dead(DLT_EN10MB, snapLength) else {
                return .failure(Refusal(message: "libpcap has no memory"))
            }
            defer { pcap_close(handle) }
            var program = bpf_program()
            // Optimised; addresses are no broadcast addresses, since the netmask isn't known.
            guard pcap_compile(handle, &program, filter, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
                // Zero-terminated, and the handle's until it is closed.
                return .failure(Refusal(message: String(cString: pcap_geterr(handle))))
            }
            defer { pcap_freecode(&program) }
            let code = UnsafeBufferPointer(start: program.bf_insns, count: Int(program.bf_len))
            return .success(
                code.map { Instruction(code: $0.code, whenTrue: $0.jt, whenFalse: $0.jf, operand: $0.k) })
        }
        return try result.get()
    }
}
