import Glibc
public import SystemPackage

/// A pcapng file, or several one after another: each begins with the section and all interfaces, so that it can be read by
/// itself, and ends with a whole block, also when the disk is full.
public struct RotatingFile: ~Copyable {
    /// When another file begins, and how many stay.
    public struct Rules: Sendable, Hashable {
        /// Frames make a file so large at most, unless one alone is larger; what counts them, at the end, comes on top.
        /// nil: any size.
        public var bytes: Int?
        /// A file takes frames for so long; nil: for ever.
        public var time: Duration?
        /// So many of the newest stay, all others of this capture are deleted; nil: all stay.
        public var files: Int?

        /// Makes rules; without any there is one file.
        public init(bytes: Int? = nil, time: Duration? = nil, files: Int? = nil) {
            self.bytes = bytes
            self.time = time
            self.files = files
        }

        /// Whether there is more than one file.
        var rotates: Bool { bytes != nil || time != nil }
    }

    /// Why a file can't be written.
    public struct WriteError: Error, Sendable, Hashable, CustomStringConvertible {
        /// Which.
        public var path: String
        /// What the kernel said.
        public var errno: Errno
        /// One sentence.
        public var description: String { "writing \(path) failed: \(errno)" }
    }

    private let path: String
    private let rules: Rules
    private var descriptor: FileDescriptor?
    private var current = ""
    /// Bytes of the file that are written and whole blocks.
    private var written = 0
    private var began = ContinuousClock.now
    /// Of the last file that was begun: numbers go on behind those of files that are there.
    private var number = 0
    private var count = 0
    private var kept: [String] = []
    /// The section and the interfaces, with which the next file begins.
    private var preamble: [UInt8] = []
    private var hasPackets = false
    private var waiting: [UInt8] = []

    /// Opens the first file at once, so that what is wrong with it is known before anything is captured.
    public init(path: String, rules: Rules = Rules()) throws(WriteError) {
        self.path = path
        self.rules = rules
        if rules.rotates { number = Self.lastNumber(of: path) }
        try open()
    }

    deinit {
        try? descriptor?.close()
    }

    /// Files that were begun.
    public var files: Int { count }

    /// Adds a block; what was added is in the file after `flush`.
    public mutating func add(_ block: PcapngReader.Block) throws(WriteError) {
        switch block.content {
        case .section, .interface: preamble += block.bytes
        case .packet:
            if isFull(for: block.bytes.count) {
                try flush()
                try open()
            }
            hasPackets = true
        case .counts, .other: break
        }
        waiting += block.bytes
    }

    /// Writes what was added. A write that fails leaves the file with whole blocks.
    public mutating func flush() throws(WriteError) {
        guard let descriptor, !waiting.isEmpty else { return }
        do {
            try descriptor.writeAll(waiting)
        } catch {
            // A part of it may be written.
            _ = ftruncate(descriptor.rawValue, off_t(written))
            waiting = []
            throw WriteError(path: current, errno: error as? Errno ?? .ioError)
        }
        written += waiting.count
        waiting = []
    }

    private func isFull(for more: Int) -> Bool {
        guard rules.rotates, hasPackets else { return false }
        if let limit = rules.bytes, written + waiting.count + more > limit { return true }
        if let limit = rules.time, ContinuousClock.now - began >= limit { return true }
        return false
    }

    /// Closes the file and begins another.
    private mutating func open() throws(WriteError) {
        let next = name(number + 1)
        let opened: FileDescriptor
        do {
            opened = try FileDescriptor.open(
                next, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
        } catch {
            throw WriteError(path: next, errno: error as? Errno ?? .ioError)
        }
        try? descriptor?.close()
        descriptor = opened
        current = next
        number += 1
        count += 1
        written = 0
        hasPackets = false
        began = .now
        waiting = preamble
        guard let most = rules.files else { return }
        kept.append(next)
        while kept.count > max(most, 1) { unlink(kept.removeFirst()) }
    }

    /// The highest number of files of an earlier capture; 0: there are none.
    private static func lastNumber(of path: String) -> Int {
        let file = FilePath(path)
        let stem = (file.lastComponent?.stem ?? "") + "-"
        let folder = file.removingLastComponent()
        guard let directory = opendir(folder.isEmpty ? "." : folder.string) else { return 0 }
        defer { closedir(directory) }
        var last = 0
        while let entry = readdir(directory) {
            // The name ends with a null, as readdir(3) says, and lies in the entry until the next call.
            let name = FilePath(
                withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                    tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
            guard name.extension == file.extension, let own = name.lastComponent?.stem, own.hasPrefix(stem) else {
                continue
            }
            let digits = own.dropFirst(stem.count)
            guard digits.utf8.count >= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
            // A number that is too large for this is none of ours.
            if let number = Int(digits), number < Int(Int32.max) { last = max(last, number) }
        }
        return last
    }

    /// `lan.pcapng` alone, else `lan-00001.pcapng` and so on.
    private func name(_ number: Int) -> String {
        guard rules.rotates else { return path }
        let digits = "\(number)"
        let counter = "-" + String(repeating: "0", count: max(5 - digits.count, 0)) + digits
        var file = FilePath(path)
        guard let stem = file.lastComponent?.stem else { return path + counter }
        let suffix = file.extension.map { "." + $0 } ?? ""
        file.removeLastComponent()
        return file.appending(stem + counter + suffix).string
    }
}
