import Addresses
import CLinux
import Glibc
import Logging

/// The ports and clients of the UDP relay. For one thread at a time.
struct DatagramState {
    /// A published port.
    struct Port {
        /// The publish that it belongs to.
        var id: UInt32
        /// The bound socket; other hands hold it, too.
        var descriptor: Int32
        /// The endpoint's address.
        var target: IPAddress
        /// The endpoint's port.
        var targetPort: UInt16
    }

    /// Who speaks to whom: a client's address and port, and the address that it speaks to.
    struct ClientKey: Hashable {
        /// The token of the published port.
        var port: UInt64
        private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)

        /// Makes a key of what came with a datagram.
        init(port: UInt64, _ end: heddle_datagram_end) {
            self.port = port
            withUnsafeMutableBytes(of: &words) { words in
                withUnsafeBytes(of: end) { words.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(48))) }
            }
        }

        /// Whether both are the same.
        static func == (left: ClientKey, right: ClientKey) -> Bool {
            let (one, other) = (left.words, right.words)
            return left.port == right.port && one.0 == other.0 && one.1 == other.1 && one.2 == other.2
                && one.3 == other.3 && one.4 == other.4 && one.5 == other.5
        }

        /// Feeds all of it to a hasher.
        func hash(into hasher: inout Hasher) {
            hasher.combine(port)
            withUnsafeBytes(of: words) { hasher.combine(bytes: $0) }
        }
    }

    /// A client with the socket that speaks to the endpoint for it.
    struct Client {
        /// The token of the published port.
        var port: UInt64
        /// The publish that the port belongs to.
        var id: UInt32
        /// Connected to the endpoint.
        var descriptor: Int32
        /// Where answers go, and from which address.
        var end: heddle_datagram_end
        /// When there was a datagram last, by the monotonic clock.
        var lastUse: Int64
    }

    /// Datagrams that are taken from one socket before others have their turn.
    private static let burst = 64

    /// Published ports by their token in the epoll set.
    private(set) var ports: [UInt64: Port] = [:]
    /// Clients by theirs.
    private(set) var clients: [UInt64: Client] = [:]
    private var tokens: [ClientKey: UInt64] = [:]
    private var clientCounts: [UInt32: Int] = [:]
    private var lastToken: UInt64 = 0
    private let epoll: Int32
    private let limits: RelayLimits
    private let idleNanoseconds: Int64
    private let log: Logger
    /// Whether the thread is to end.
    var isEnding = false

    /// Begins with nothing.
    init(epoll: Int32, limits: RelayLimits, log: Logger) {
        self.epoll = epoll
        self.limits = limits
        self.log = log
        idleNanoseconds = Int64(limits.clientIdle / .nanoseconds(1))
    }

    private mutating func nextToken() -> UInt64 {
        lastToken += 1
        return lastToken
    }

    /// Takes over a bound socket.
    mutating func add(id: UInt32, _ descriptor: Int32, _ target: IPAddress, _ targetPort: UInt16) {
        let token = nextToken()
        guard !isEnding, heddle_epoll_add(epoll, descriptor, token) == 0 else {
            log.warning("relay: a port is not relayed", metadata: ["target": "\(target)", "port": "\(targetPort)/udp"])
            return RelaySystem.close(descriptor)
        }
        ports[token] = Port(id: id, descriptor: descriptor, target: target, targetPort: targetPort)
    }

    /// Ends a publish with its clients.
    mutating func remove(id: UInt32) {
        remove { $0.id == id }
    }

    /// Ends all.
    mutating func removeAll() {
        remove { _ in true }
    }

    private mutating func remove(_ isMeant: (Port) -> Bool) {
        let gone = ports.filter { isMeant($0.value) }
        for (token, client) in clients where gone[client.port] != nil { forget(token) }
        for (token, port) in gone {
            // The socket lives on in other hands, and would stay in the set without this.
            _ = heddle_epoll_remove(epoll, port.descriptor)
            RelaySystem.close(port.descriptor)
            ports[token] = nil
        }
    }

    private mutating func forget(_ token: UInt64) {
        guard let client = clients.removeValue(forKey: token) else { return }
        tokens[ClientKey(port: client.port, client.end)] = nil
        clientCounts[client.id, default: 1] -= 1
        if clientCounts[client.id] == 0 { clientCounts[client.id] = nil }
        _ = heddle_epoll_remove(epoll, client.descriptor)
        RelaySystem.close(client.descriptor)
    }

    /// Forgets the clients that have been silent, and were not answered, for long enough.
    mutating func forgetIdle(now: Int64) {
        for (token, client) in clients where now - client.lastUse > idleNanoseconds { forget(token) }
    }

    /// Carries what a socket has.
    mutating func serve(_ token: UInt64, _ buffer: UnsafeMutableRawBufferPointer, now: Int64) {
        if let port = ports[token] {
            var left = Self.burst
            while left > 0, takeQuestion(port, token, buffer, now: now) { left -= 1 }
        } else if let client = clients[token], let port = ports[client.port] {
            clients[token]?.lastUse = now
            var left = Self.burst
            while left > 0, takeAnswer(port, client, buffer) { left -= 1 }
        }
    }

    /// From a client to the endpoint; false if there is nothing more.
    private mutating func takeQuestion(
        _ port: Port, _ token: UInt64, _ buffer: UnsafeMutableRawBufferPointer, now: Int64
    ) -> Bool {
        var end = heddle_datagram_end()
        let count = heddle_datagram_receive(port.descriptor, buffer.baseAddress, buffer.count, &end)
        guard count >= 0 else { return false }
        guard let client = client(of: end, port, token), let descriptor = clients[client]?.descriptor else {
            return true
        }
        clients[client]?.lastUse = now
        // A refusal that came in for an earlier datagram is told once, instead of sending this one.
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        if send(descriptor, buffer.baseAddress, count, flags) < 0, errno == ECONNREFUSED {
            _ = send(descriptor, buffer.baseAddress, count, flags)
        }
        return true
    }

    /// From the endpoint to a client; false if there is nothing more.
    private func takeAnswer(_ port: Port, _ client: Client, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let count = recv(client.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        guard count >= 0 else { return errno == ECONNREFUSED }
        var end = client.end
        // What the client's side has no room for is lost, as datagrams may be.
        _ = heddle_datagram_reply(port.descriptor, buffer.baseAddress, count, &end)
        return true
    }

    private mutating func client(of end: heddle_datagram_end, _ port: Port, _ token: UInt64) -> UInt64? {
        let key = ClientKey(port: token, end)
        if let known = tokens[key] { return known }
        guard clients.count < limits.clients, clientCounts[port.id, default: 0] < limits.clientsPerPublish else {
            return nil
        }
        let octets = port.target.octets
        let descriptor = heddle_datagram_connect(octets, Int32(octets.count), port.targetPort)
        guard descriptor >= 0 else { return nil }
        let made = nextToken()
        guard heddle_epoll_add(epoll, descriptor, made) == 0 else {
            RelaySystem.close(descriptor)
            return nil
        }
        tokens[key] = made
        clients[made] = Client(port: token, id: port.id, descriptor: descriptor, end: end, lastUse: 0)
        clientCounts[port.id, default: 0] += 1
        return made
    }
}
