import Glibc

/// What of the machine decides how fast it is.
public struct MachineFacts: Codable, Sendable, Hashable {
    /// Processors online.
    public var cores: Int
    /// The processor's name.
    public var processor: String
    /// Whether the machine is itself a guest.
    public var isVirtual: Bool
    /// Mebibytes.
    public var memory: Int
    /// `uname -srm`.
    public var kernel: String
    /// The idle driver, which decides what a wake-up costs: "none" if there is none.
    public var idleDriver: String
    /// The system's name.
    public var system: String
    /// Versions of what was used beside Heddle: iperf3, ping, ovs-vswitchd, nft.
    public var tools: [String: String]

    /// Puts facts together.
    package init(
        cores: Int, processor: String, isVirtual: Bool, memory: Int, kernel: String, idleDriver: String,
        system: String, tools: [String: String]
    ) {
        self.cores = cores
        self.processor = processor
        self.isVirtual = isVirtual
        self.memory = memory
        self.kernel = kernel
        self.idleDriver = idleDriver
        self.system = system
        self.tools = tools
    }

    /// Looks around.
    package static func gather() -> MachineFacts {
        let processors = (try? TextFile.read("/proc/cpuinfo")) ?? ""
        let memory = (try? TextFile.read("/proc/meminfo")) ?? ""
        let system = (try? TextFile.read("/etc/os-release")) ?? ""
        let driver = try? TextFile.read("/sys/devices/system/cpu/cpuidle/current_driver")
        var tools: [String: String] = [:]
        tools["iperf3"] = Tool.firstLine("iperf3", ["--version"])
        tools["ping"] = Tool.firstLine("ping", ["-V"])
        tools["ovs-vswitchd"] = Tool.firstLine("ovs-vswitchd", ["--version"])
        tools["nft"] = Tool.firstLine("nft", ["--version"])
        return MachineFacts(
            cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            processor: value(of: "model name", in: processors, separator: ":") ?? "unknown",
            isVirtual: processors.contains(" hypervisor"),
            memory: value(of: "MemTotal", in: memory, separator: ":").flatMap(leadingNumber).map { $0 / 1_024 } ?? 0,
            kernel: kernelName(),
            idleDriver: driver.map { $0.trimmingNewline() } ?? "none",
            system: value(of: "PRETTY_NAME", in: system, separator: "=") ?? "unknown", tools: tools)
    }

    /// The value of the first line "key: value" or "key=value", without quotes.
    package static func value(of key: String, in text: String, separator: Character) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix(key) {
            let parts = line.split(separator: separator, maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].drop { $0 == " " || $0 == "\t" }
            return value.filter { $0 != "\"" }
        }
        return nil
    }

    private static func leadingNumber(_ text: String) -> Int? {
        Int(text.prefix { $0.isNumber })
    }

    private static func kernelName() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        func text<Field>(_ field: inout Field) -> String {
            // The fields are C strings that end within their array.
            withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(&name.sysname)) \(text(&name.release)) \(text(&name.machine))"
    }
}

extension String {
    fileprivate func trimmingNewline() -> String {
        filter { $0 != "\n" }
    }
}
