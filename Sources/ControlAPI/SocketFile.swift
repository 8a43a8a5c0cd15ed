import Glibc
import HeddleAPI
import Synchronization
import SystemPackage

/// The file of a listening unix socket: made beside its final path, moved there when it is ready, removed if it is still
/// ours.
final class SocketFile: Sendable {
    /// Which file it is, whatever its name.
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// Where clients look.
    let path: String
    /// Where to bind.
    let temporaryPath: String
    private let published = Mutex<Identity?>(nil)

    /// Bytes of a unix socket's path without the terminating zero: sizeof(sun_path) − 1 of unix(7).
    private static let longestPath = 107

    /// Checks that `path` can become a socket; a socket that is there already is taken for a leftover.
    init(path: String) throws(APIError) {
        self.path = path
        temporaryPath = path + ".new"
        guard temporaryPath.utf8.count <= SocketFile.longestPath else {
            throw APIError(
                .invalid, "the socket path is too long: \(path) has \(path.utf8.count) bytes",
                hint: "at most \(SocketFile.longestPath - 4) are possible; name a shorter one with --socket")
        }
        if let status = SocketFile.status(of: path), status.st_mode & S_IFMT != S_IFSOCK {
            throw APIError(
                .conflict, "\(path) exists and is not a socket", hint: "remove it, or name another with --socket")
        }
    }

    /// Gives the bound socket its permissions and its name, in place of whatever socket had it.
    func publish(permissions: FilePermissions) throws(APIError) {
        guard chmod(temporaryPath, permissions.rawValue) == 0, let status = SocketFile.status(of: temporaryPath),
            rename(temporaryPath, path) == 0
        else {
            let reason = Errno(rawValue: errno)
            throw APIError(
                .failed, "cannot make the socket \(path): \(reason)", hint: "see the permissions of its directory")
        }
        published.withLock { $0 = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) }
    }

    /// Removes the file, unless it was never published or somebody has put another in its place.
    func remove() {
        published.withLock { identity in
            guard let ours = identity else { return }
            identity = nil
            guard let status = SocketFile.status(of: path),
                ours == Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
            else { return }
            unlink(path)
        }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}
