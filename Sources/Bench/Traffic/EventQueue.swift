import CLinux
import Glibc
import SystemPackage

/// epoll: which of many descriptors have something. Each is known by a key.
final class EventQueue {
    private let descriptor: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: 128)

    init() throws {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw BenchError("cannot make an epoll instance: \(Errno(rawValue: errno))") }
    }

    deinit {
        close(descriptor)
    }

    /// Watches a descriptor until it is closed.
    func add(_ watched: Int32, _ flags: EPOLL_EVENTS..., key: UInt64) throws {
        var event = epoll_event()
        event.events = flags.reduce(0) { $0 | $1.rawValue }
        event.data.u64 = key
        guard epoll_ctl(descriptor, EPOLL_CTL_ADD, watched, &event) == 0 else {
            throw BenchError("cannot watch a socket: \(Errno(rawValue: errno))")
        }
    }

    /// Waits until something has happened, and returns of how many descriptors; they are numbered from 0 then.
    func wait(milliseconds: Int32) -> Int {
        Int(max(0, epoll_wait(descriptor, &events, Int32(events.count), milliseconds)))
    }

    /// Whose event it is.
    func key(_ index: Int) -> UInt64 { events[index].data.u64 }

    /// Whether an event has a flag.
    func has(_ index: Int, _ flag: EPOLL_EVENTS) -> Bool { events[index].events & flag.rawValue != 0 }
}
