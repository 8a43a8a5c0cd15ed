import FoundationEssentials
import Glibc
import Synchronization
import SystemPackage

/// The directory of one lab, held by one process at a time: its record is read and written here.
final class LabFolder: Sendable {
    let paths: LabPaths
    private let lock: FileDescriptor
    private let file: FileDescriptor
    private let state: Mutex<LabRecord>

    /// Takes a lab's directory, which is made if it is missing. Throws if somebody else has it, and, unless it is asked
    /// for, if not all that its record tells can be read.
    init(_ paths: LabPaths, acceptsDamage: Bool = false) throws(LabError) {
        self.paths = paths
        lock = try Self.takeLock(paths)
        do throws(LabError) {
            try LabFiles.makeDirectory(paths.logs)
            let record = Self.read(paths)
            if let line = record.unreadable.first, !acceptsDamage {
                let forced = "heddle lab down \(paths.lab) --force"
                throw LabError(
                    "the record of the lab \(paths.lab) is damaged: \(paths.record), line \(line), can't be read",
                    hint: "'\(forced)' takes away what the rest tells of, and says what stays.")
            }
            // Written anew: of what came and went, nothing needs to be known.
            let lines = record.events.map { Self.line($0) }.joined()
            // That something can't be read is not forgotten: an empty line can't be, either.
            let damage = record.unreadable.isEmpty ? "" : "\n"
            try LabFiles.write(damage + lines, to: paths.record + ".new")
            guard rename(paths.record + ".new", paths.record) == 0 else {
                throw LabError("writing \(paths.record)", Errno(rawValue: errno))
            }
            let opened = open(paths.record, O_WRONLY | O_APPEND | O_CLOEXEC)
            guard opened >= 0 else { throw LabError("opening \(paths.record)", Errno(rawValue: errno)) }
            file = FileDescriptor(rawValue: opened)
            state = Mutex(record)
        } catch {
            try? lock.close()
            throw error
        }
    }

    deinit {
        try? file.close()
        try? lock.close()
    }

    private static func takeLock(_ paths: LabPaths) throws(LabError) -> FileDescriptor {
        while true {
            try LabFiles.makeDirectory(LabPaths.root)
            let opened = open(paths.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            // Whoever took the last lab down took the directory away.
            if opened < 0, errno == ENOENT { continue }
            guard opened >= 0 else { throw LabError("opening \(paths.lock)", Errno(rawValue: errno)) }
            // A program that is being started may hold it for a moment longer than the heddle that started it.
            var isHeld = flock(opened, LOCK_EX | LOCK_NB) == 0
            for _ in 0..<20 where !isHeld {
                usleep(25_000)
                isHeld = flock(opened, LOCK_EX | LOCK_NB) == 0
            }
            guard isHeld else {
                close(opened)
                throw LabError(
                    "the lab \(paths.lab) is being changed by another heddle", hint: "Wait for its end, and try again.")
            }
            // Whoever took the lab down took the file away.
            var (held, there) = (stat(), stat())
            if fstat(opened, &held) == 0, stat(paths.lock, &there) == 0, held.st_ino == there.st_ino {
                return FileDescriptor(rawValue: opened)
            }
            close(opened)
        }
    }

    /// What is known now.
    var record: LabRecord { state.withLock { $0 } }

    /// Writes a line down. It is on its way to memory when this returns, so that it outlives this process.
    func note(_ event: LabRecord.Event) throws(LabError) {
        let errno: Errno? = state.withLock { record in
            record.apply(event)
            let before = lseek(file.rawValue, 0, SEEK_END)
            do {
                try file.writeAll(Self.line(event).utf8)
                return nil
            } catch {
                // Half a line would damage the next one.
                if before >= 0 { ftruncate(file.rawValue, before) }
                return error as? Errno ?? .ioError
            }
        }
        if let errno { throw LabError("writing \(paths.record)", errno) }
    }

    /// Takes the directory away: there is no such lab any more. With the last lab goes the directory of all.
    func removeAll() {
        LabFiles.remove(paths.folder)
        unlink(paths.lock)
        // Refused by the kernel as long as another lab is in it.
        rmdir(LabPaths.root)
    }

    private static func line(_ event: LabRecord.Event) -> String {
        // Of values that always can be written.
        guard let data = try? JSONEncoder().encode(event) else { return "" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// What a lab's record says; a last line that is cut off is left out.
    static func read(_ paths: LabPaths) -> LabRecord {
        var record = LabRecord()
        let lines = (LabFiles.read(paths.record) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        // Behind the end of the last line there is nothing, or what was being written when heddle was ended.
        for (index, line) in lines.dropLast().enumerated() {
            if let event = try? JSONDecoder().decode(LabRecord.Event.self, from: Data(line.utf8)) {
                record.apply(event)
            } else {
                record.unreadable.append(index + 1)
            }
        }
        // Where a lab came from is written before all else, and what is to be made before it is made.
        let isLost = record.origin == nil && (!record.entries.isEmpty || hasTraces(paths))
        if isLost, record.unreadable.isEmpty { record.unreadable = [1] }
        return record
    }

    /// Whether nodes or hosts have left files: those of one that was taken away are gone.
    static func hasTraces(_ paths: LabPaths) -> Bool {
        !LabFiles.names(in: paths.nodes).isEmpty || !LabFiles.names(in: paths.hosts).isEmpty
    }

    /// All labs that are there, by name.
    static func names() -> [String] {
        LabFiles.names(in: LabPaths.root).filter { LabFiles.isDirectory("\(LabPaths.root)/\($0)") }
    }
}
