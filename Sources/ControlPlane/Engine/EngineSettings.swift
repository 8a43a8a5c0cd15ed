import Glibc

/// How engines are started.
public struct EngineSettings: Hashable, Sendable {
    /// How the engine talks to the kernel.
    public enum InputOutput: String, Sendable, CaseIterable {
        /// io_uring where the kernel allows it, else epoll.
        case auto
        /// io_uring.
        case uring
        /// epoll, read and write.
        case epoll
    }

    /// Threads that forward; nil: as many as a living engine has, or one.
    public var workers: Int?
    /// See `InputOutput`.
    public var inputOutput: InputOutput
    /// The program.
    public var program: String

    /// Most workers that the shared tables have room for.
    public static let mostWorkers = 64

    /// Makes the options; `program` nil: `HEDDLE_ENGINE` in the environment, or `heddle-engine` beside this program.
    public init(workers: Int?, inputOutput: InputOutput, program: String? = nil) {
        self.workers = workers
        self.inputOutput = inputOutput
        self.program = program ?? Self.defaultProgram()
    }

    private static func defaultProgram() -> String {
        if let chosen = getenv("HEDDLE_ENGINE"), chosen.pointee != 0 { return String(cString: chosen) }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { raw -> Int in
            guard let base = raw.baseAddress else { return 0 }
            return readlink("/proc/self/exe", base.assumingMemoryBound(to: CChar.self), raw.count)
        }
        let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        guard let slash = path.lastIndex(of: "/") else { return "heddle-engine" }
        return String(path[...slash]) + "heddle-engine"
    }
}
