import CLinux
import Glibc
import Netlink
import SystemPackage

/// How a program is started in a node: namespaces, files that it sees, variables, directory.
struct LabSpawn {
    /// The node's network namespace.
    var namespace: NetworkNamespace
    /// Absolute paths of files that the node has of its own.
    var files: [String] = []
    /// Where these lie, below their paths; nil: the mount namespace stays.
    var fileRoot: String?
    /// NAME=VALUE.
    var environment: [String]
    /// Where it starts.
    var directory: String

    /// Starts a program; returns its process.
    func start(
        _ words: [String], input: FileDescriptor, output: FileDescriptor, session: Bool
    ) throws(LabError) -> pid_t {
        let program = try path(of: words)
        var failure: LabError?
        let result = HelperThread.run {
            do throws(LabError) {
                try enter()
                return CStrings.with(words, environment) { arguments, variables in
                    heddle_lab_spawn(
                        program, arguments, variables, directory, input.rawValue, output.rawValue, session ? 1 : 0)
                }
            } catch {
                failure = error
                return -EIO
            }
        }
        if let failure { throw failure }
        guard result > 0 else { throw refusal(of: program, Errno(rawValue: -result)) }
        return result
    }

    /// Becomes the program: returns only if that fails.
    func become(_ words: [String]) throws(LabError) {
        let program = try path(of: words)
        try enter()
        guard chdir(directory) == 0 else { throw LabError("changing to \(directory)", Errno(rawValue: errno)) }
        let result = CStrings.with(words, environment) { arguments, variables in
            execve(program, arguments, variables)
            return -errno
        }
        throw refusal(of: program, Errno(rawValue: -result))
    }

    private func path(of words: [String]) throws(LabError) -> String {
        let name = words.first ?? ""
        let own = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) }
        // A path may be of a file that only the node has.
        if name.contains("/") { return name.hasPrefix("/") ? name : "\(directory)/\(name)" }
        let directories = own ?? ProgramSearch.environmentPath
        if let path = ProgramSearch.path(of: name, in: directories) { return path }
        if let path = ProgramSearch.path(of: name, in: directories, executable: false) {
            throw refusal(of: path, .permissionDenied)
        }
        throw LabError(
            "there is no program \(name.debugDescription) in PATH", hint: "Install it, or say its path.",
            exitStatus: 127)
    }

    /// Why a program was not run, by what execve(2) said.
    private func refusal(of program: String, _ reason: Errno) -> LabError {
        switch reason {
        case .noSuchFileOrDirectory:
            // A script's first line names its interpreter, a program's header the dynamic linker.
            let isThere = access(program, F_OK) == 0
            return LabError(
                isThere
                    ? "\(program): what shall run it, its interpreter, is not there" : "there is no program \(program)",
                exitStatus: 127)
        case .permissionDenied where isDirectory(program):
            return LabError("\(program) is a directory", exitStatus: 126)
        case .permissionDenied:
            return LabError(
                "\(program) is not executable", hint: "Make it so: chmod +x \(program)", exitStatus: 126)
        case Errno(rawValue: ENOEXEC):
            return LabError(
                "\(program) is no program", hint: "Begin a script with #!/bin/sh, or say: sh \(program)",
                exitStatus: 126)
        default:
            var error = LabError("running \(program)", reason)
            error.exitStatus = 126
            return error
        }
    }

    /// Moves the calling thread, and only it, into the node. There is no way back: it ends soon after.
    private func enter() throws(LabError) {
        let entered = heddle_netns_enter(namespace.descriptor.rawValue)
        if entered < 0 { throw LabError("entering the node's network namespace", Errno(rawValue: -entered)) }
        guard let fileRoot else { return }
        let unshared = heddle_mountns_unshare()
        if unshared < 0 { throw LabError("making a mount namespace", Errno(rawValue: -unshared)) }
        // Where this is refused, in some containers, /sys goes on showing the host's interfaces; nothing else is amiss.
        _ = heddle_lab_mount_sys()
        try showFiles(fileRoot)
    }

    private func showFiles(_ root: String) throws(LabError) {
        var laid: [String] = []
        let new = files.filter { !isFile($0) }
        for directory in Set(new.map { nearestDirectory(above: $0) }).sorted() {
            // Below one that has been laid over, all is there.
            if laid.contains(where: { (directory + "/").hasPrefix($0 + "/") }) { continue }
            guard directory != "" else {
                let path = new.first { nearestDirectory(above: $0) == "" } ?? ""
                throw LabError(
                    "no directory of the path \(path) is there, and / can't be laid over",
                    hint: "Use a path whose first directory exists, or a relative one.")
            }
            let result = heddle_lab_overlay(root + directory, directory)
            if result < 0 { throw LabError("laying files over \(directory)", Errno(rawValue: -result)) }
            laid.append(directory)
        }
        for path in files where !laid.contains(where: { path.hasPrefix($0 + "/") }) {
            let result = heddle_lab_bind(root + path, path)
            if result < 0 { throw LabError("showing the file \(path)", Errno(rawValue: -result)) }
        }
    }

    private func isFile(_ path: String) -> Bool {
        var about = stat()
        return stat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFREG
    }

    /// Also by way of a link.
    private func isDirectory(_ path: String) -> Bool {
        var about = stat()
        return stat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFDIR
    }

    /// The last directory on a path that is there; "" for the root.
    private func nearestDirectory(above path: String) -> String {
        var parts = path.split(separator: "/").dropLast()
        while !parts.isEmpty {
            let directory = "/" + parts.joined(separator: "/")
            if isDirectory(directory) { return directory }
            parts = parts.dropLast()
        }
        return ""
    }
}

/// Lists of C strings, as exec and its like want them.
enum CStrings {
    typealias List = UnsafePointer<UnsafeMutablePointer<CChar>?>

    /// Calls `body` with two lists, each with a null at its end, which live as long as the call.
    static func with(_ first: [String], _ second: [String], _ body: (List, List) -> CInt) -> CInt {
        let lists: [[UnsafeMutablePointer<CChar>?]] = [first, second].map { $0.map { strdup($0) } + [nil] }
        defer { lists.forEach { $0.forEach { free($0) } } }
        // The arrays outlive the call; what they point to is freed after it.
        return lists[0].withUnsafeBufferPointer { one in
            lists[1].withUnsafeBufferPointer { two in
                guard let one = one.baseAddress, let two = two.baseAddress else { return -EINVAL }
                return body(one, two)
            }
        }
    }
}
