import CLinux
import Glibc
public import SystemPackage

/// Opening TAP devices. All calls act in the calling thread's network namespace.
public enum TapDevice {
    /// Makes the TAP `name` and returns its descriptor, which the caller owns: 10-byte virtio_net_hdr, offloads as far
    /// as the kernel goes, non-blocking. The device is gone when the last descriptor is closed, unless `persist`.
    public static func create(name: String, persist: Bool) throws(PortError) -> Int32 {
        try open(name: name, create: true, persist: persist)
    }

    /// Attaches to a persistent TAP that nobody holds. The kernel makes a new device if there is none of that name:
    /// compare the interface index before and after. Errors with EBUSY for some 20 ms after a holder was killed.
    public static func attach(name: String) throws(PortError) -> Int32 {
        try open(name: name, create: false, persist: true)
    }

    /// Offloads from what every kernel has to what is newest (USO: 6.2), probed one by one.
    private static let offloads: [Int] = [
        HEDDLE_TUN_CSUM, HEDDLE_TUN_TSO4, HEDDLE_TUN_TSO6, HEDDLE_TUN_TSO_ECN, HEDDLE_TUN_USO,
    ]

    private static func open(name: String, create: Bool, persist: Bool) throws(PortError) -> Int32 {
        let subject = "TAP \(name)"
        let descriptor = heddle_tap_open(name, create ? 1 : 0)
        guard descriptor >= 0 else { throw PortError(errno: Errno(rawValue: -descriptor), subject: subject) }
        var accepted: UInt32 = 0
        for offload in offloads {
            let wanted = accepted | UInt32(offload)
            // A kernel that refuses one keeps what it had; the frames then come finished.
            if heddle_tap_set_offload(descriptor, wanted) == 0 { accepted = wanted }
        }
        if persist {
            do throws(PortError) {
                try keep(descriptor: descriptor)
            } catch {
                close(descriptor)
                throw PortError(errno: error.errno, subject: subject)
            }
        }
        return descriptor
    }

    /// Opens the network namespace in which the device lies now, wherever it was moved; nil if the kernel can't tell. The
    /// descriptor is the caller's.
    public static func namespace(descriptor: Int32) -> FileDescriptor? {
        let opened = heddle_tap_namespace(descriptor)
        return opened >= 0 ? FileDescriptor(rawValue: opened) : nil
    }

    /// Makes a TAP persistent: it stays when its last descriptor is closed.
    public static func keep(descriptor: Int32) throws(PortError) {
        let result = heddle_tap_set_persistent(descriptor, 1)
        guard result == 0 else { throw PortError(errno: Errno(rawValue: -result), subject: "a TAP that shall stay") }
    }

    /// Ends persistence: the device goes when its last descriptor is closed.
    public static func release(descriptor: Int32) {
        _ = heddle_tap_set_persistent(descriptor, 0)
    }
}
