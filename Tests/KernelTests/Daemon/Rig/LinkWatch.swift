import Glibc
import Netlink

/// Notes what happens to the interfaces of a sandbox. Holds its namespace: let go before the sandbox is to die.
final class LinkWatch {
    private let monitor: LinkMonitor

    init(_ sandbox: TestSandbox) throws {
        monitor = try LinkMonitor(in: try sandbox.open(), topics: [.addresses])
    }

    /// What happened since, in words.
    func events() throws -> [String] {
        var words: [String] = []
        while let event = try monitor.next() {
            switch event {
            case .added(let link), .changed(let link):
                words.append("\(link.name) is \(link.hasCarrier ? "connected" : "without a carrier")")
            case .removed(_, let name): words.append("\(name) is gone")
            case .addressAdded(let address): words.append("\(address.prefix) added")
            case .addressRemoved(let address): words.append("\(address.prefix) removed")
            case .overrun: words.append("events were lost")
            default: break
            }
        }
        return words
    }
}
