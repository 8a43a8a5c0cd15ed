import ArgumentParser
import Glibc
import SystemPackage

/// A sandbox as somebody types it: a name under /run/netns, a path, or pid:N.
///
/// A relative path is made absolute, since the daemon's working directory is another one; attach and detach do it alike.
struct SandboxName: ExpressibleByArgument, Hashable {
    /// What the daemon is told.
    var text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        guard argument.contains("/"), !argument.hasPrefix("/"), let directory = SandboxName.workingDirectory else {
            text = argument
            return
        }
        text = FilePath(directory).pushing(FilePath(argument)).lexicallyNormalized().string
    }

    private static var workingDirectory: String? {
        // getcwd allocates what it returns when it is given no buffer (glibc); it is freed after the copy.
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}

/// A name that must not be empty: a network, an interface, an endpoint's id.
struct NonEmptyName: ExpressibleByArgument, Hashable {
    /// As typed.
    var text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
    }
}
