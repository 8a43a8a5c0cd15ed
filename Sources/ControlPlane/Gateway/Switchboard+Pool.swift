import DataPlane
import Glibc
import Logging

/// The host ports that outgoing flows use: bound once, held by both processes, taken over by the next daemon.
extension Switchboard {
    /// Number under which the engine keeps the pool.
    static let poolNumber: UInt32 = 0

    /// Binds the pool, unless it is held already.
    func reservePool() {
        guard !isPoolReserved else { return }
        if let kept = engine.kept[Self.poolNumber], let pool = PoolNote.read(kept) {
            isPoolReserved = true
            engine.set(pool)
            return
        }
        do {
            let range = PoolReservation.standardPorts
            var reservation = try PoolReservation(range)
            defer { reservation.close() }
            let pool = PoolConfiguration(
                first: range.lowerBound, count: UInt16(range.count), excluded: reservation.taken)
            let bundle = try DescriptorBundle.make(reservation.descriptors, note: PoolNote.bytes(pool))
            engine.keep(Self.poolNumber, descriptor: bundle)
            engine.set(pool)
            isPoolReserved = true
            if !reservation.taken.isEmpty {
                log.notice("\(reservation.taken.count) ports of the pool are in use by others and are left out")
            }
        } catch {
            log.error("cannot bind the ports that outgoing flows use: \(error)")
        }
    }

    /// Gives the ports back.
    func releasePool() {
        guard isPoolReserved else { return }
        engine.letGo(Self.poolNumber)
        isPoolReserved = false
    }
}

/// What a bundle of the pool's sockets says of them.
enum PoolNote {
    /// A note holds no more excluded ports: the message that carries it is bounded.
    static let limit = 4_096

    static func bytes(_ pool: PoolConfiguration) -> [UInt8] {
        let numbers = [pool.first, pool.count] + pool.excluded
        return numbers.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }

    /// nil: it isn't a pool's.
    static func read(_ bundle: Int32) -> PoolConfiguration? {
        guard let bytes = DescriptorBundle.note(of: bundle), bytes.count >= 4, bytes.count % 2 == 0 else { return nil }
        let numbers = stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
        return PoolConfiguration(first: numbers[0], count: numbers[1], excluded: Array(numbers[2...]))
    }
}
