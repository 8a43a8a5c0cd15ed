import CLinux
import Glibc

extension NetworkNamespace {
    /// The namespaces that processes are in, as far as /proc shows them; of threads that left their process's namespace
    /// nothing is said.
    public static func identitiesOfProcesses() -> Set<Identity> {
        var found: Set<Identity> = []
        guard let directory = opendir("/proc") else { return found }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            guard let pid = Int32(name) else { continue }
            var status = stat()
            guard stat("/proc/\(pid)/ns/net", &status) == 0 else { continue }
            found.insert(Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
        }
        return found
    }
}
