import Glibc
import Synchronization

/// Everything outside this process that a run makes: namespaces, programs, a temporary directory. `remove` undoes it
/// all, once, from whatever thread; a signal does it too (`Interruption`).
package final class Workspace: Sendable {
    private struct Contents {
        var sandboxes: [Sandbox] = []
        var programs: [ChildProcess] = []
        var folder: String?
        var undo: [@Sendable () -> Void] = []
        var isRemoved = false
    }

    /// What names of namespaces begin with, before the process id.
    package static let namePrefix = "hdb-"

    /// What the names of its namespaces begin with.
    package let prefix: String
    private let contents = Mutex(Contents())

    /// Makes an empty workspace. `prefix` is for tests; names of the bench proper carry its process id.
    package init(prefix: String = "\(Workspace.namePrefix)\(getpid())-") {
        self.prefix = prefix
    }

    deinit {
        remove()
    }

    /// Makes a namespace that is removed with the workspace.
    package func makeSandbox(_ label: String) throws -> Sandbox {
        let sandbox = try Sandbox(name: prefix + label)
        try adopt(sandbox.remove) { $0.sandboxes.append(sandbox) }
        return sandbox
    }

    /// Takes a program that is to be ended with the workspace.
    package func adopt(_ program: ChildProcess) throws {
        try adopt({ program.stop() }, { $0.programs.append(program) })
    }

    /// Something to be done before the programs are ended.
    package func beforeRemoval(_ action: @escaping @Sendable () -> Void) throws {
        try adopt(action) { $0.undo.append(action) }
    }

    /// A directory of the workspace's own, made when first asked for.
    package func folder() throws -> String {
        try contents.withLock { contents in
            if let folder = contents.folder { return folder }
            let folder = try Folder.makeTemporary(prefix: prefix)
            contents.folder = folder
            return folder
        }
    }

    /// Enters what was made; if the workspace is being removed already (a signal came meanwhile), undoes it at once.
    private func adopt(_ undo: () -> Void, _ enter: (inout Contents) -> Void) throws {
        let isRemoved = contents.withLock { contents in
            if !contents.isRemoved { enter(&contents) }
            return contents.isRemoved
        }
        guard !isRemoved else {
            undo()
            throw BenchError("the run was stopped")
        }
    }

    /// Ends all programs and removes all namespaces and files. What cannot be removed is left: there is nobody to tell
    /// who could do more. Does nothing the second time.
    package func remove() {
        let contents = contents.withLock { contents in
            let taken = contents
            contents = Contents(isRemoved: true)
            return taken
        }
        for action in contents.undo.reversed() { action() }
        for program in contents.programs.reversed() { program.stop() }
        // An engine outlives its daemon, and whatever else was started in there.
        for sandbox in contents.sandboxes { sandbox.endProcesses() }
        for sandbox in contents.sandboxes { sandbox.remove() }
        if let folder = contents.folder { Folder.remove(folder) }
    }

    /// Removes what runs left behind that were killed outright: namespaces and directories that carry the number of a
    /// process that is no more, or is another program by now.
    package static func removeLeftovers() {
        for name in Sandbox.names(beginningWith: namePrefix) {
            let number = name.dropFirst(namePrefix.count).prefix { $0 != "-" }
            guard let process = Int32(number), process != getpid() else { continue }
            if !isRunning(process) { Sandbox.removeLeftover(name) }
        }
        for name in Folder.names(in: Folder.temporaryParent) where name.hasPrefix(namePrefix) {
            let number = name.dropFirst(namePrefix.count).prefix { $0 != "-" }
            guard let process = Int32(number), process != getpid(), !isRunning(process) else { continue }
            Folder.remove("\(Folder.temporaryParent)/\(name)")
        }
    }

    /// Whether a process is a bench that may still use what carries its number.
    private static func isRunning(_ process: Int32) -> Bool {
        (try? TextFile.read("/proc/\(process)/comm"))?.hasPrefix("heddle") == true
    }
}
