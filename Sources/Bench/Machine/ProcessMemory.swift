/// What a process holds of the machine's memory.
package enum ProcessMemory {
    /// Bytes resident (VmRSS of /proc/PID/status); 0 if there is no such process.
    package static func resident(process: Int32) -> Double {
        guard let status = try? TextFile.read("/proc/\(process)/status") else { return 0 }
        return resident(status: status)
    }

    /// Reads the line "VmRSS: N kB", where kB are 1024 bytes.
    package static func resident(status: String) -> Double {
        let value = MachineFacts.value(of: "VmRSS", in: status, separator: ":")
        return (value?.split(separator: " ").first.flatMap { Double($0) } ?? 0) * 1_024
    }
}
