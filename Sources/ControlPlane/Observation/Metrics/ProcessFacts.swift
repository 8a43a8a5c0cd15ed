import Glibc

/// What the kernel says of a process; see proc_pid_stat(5).
struct ProcessFacts: Hashable, Sendable {
    /// User and system time in seconds.
    var processorSeconds: Double
    /// When it started, in seconds since 1970.
    var startSeconds: Double
    /// Address space in bytes.
    var virtualMemory: UInt64
    /// Resident memory in bytes.
    var residentMemory: UInt64
    /// Open descriptors; nil if they can't be counted.
    var descriptors: UInt64?

    /// Asks for a process; nil if there is none.
    init?(pid: Int32) {
        guard let text = Self.read("/proc/\(pid)/stat", limit: 1_024), let end = text.lastIndex(of: ")"),
            let boot = Self.bootSeconds
        else { return nil }
        // The second field is the program's name, which may hold anything: what follows it is counted from its end.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let start = Double(fields[19]), let virtual = UInt64(fields[20]), let resident = UInt64(fields[21])
        else { return nil }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        processorSeconds = (user + system) / ticks
        startSeconds = boot + start / ticks
        virtualMemory = virtual
        residentMemory = resident * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
        descriptors = Self.countDescriptors(of: pid)
    }

    /// Descriptors that this process may have open.
    static var descriptorLimit: UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return UInt64(limit.rlim_cur)
    }

    /// The directory's size is their number since Linux 6.2, before it was 0 and they have to be listed.
    private static func countDescriptors(of pid: Int32) -> UInt64? {
        let path = "/proc/\(pid)/fd"
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        if status.st_size > 0 { return UInt64(status.st_size) }
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var count: UInt64 = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }

    /// When the machine started; it doesn't change.
    private static let bootSeconds: Double? = {
        guard let text = read("/proc/stat", limit: 1 << 20) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }()

    private static func read(_ path: String, limit: Int) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let more = bytes.withUnsafeMutableBytes { buffer in
                // Invariant: count < limit, the buffer's size.
                buffer.baseAddress.map { Glibc.read(descriptor, $0 + count, limit - count) } ?? -1
            }
            guard more > 0 else { break }
            count += more
        }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
