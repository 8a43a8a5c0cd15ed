import Glibc

/// What the kernel's refusal of a train means.
enum TrainFailure {
    /// Why the frames of a train, or of a datagram by itself, went nowhere.
    ///
    /// - Parameters:
    ///   - error: the kernel's.
    ///   - isTrain: the kernel had more than one datagram to cut.
    ///   - tellsLength: see `kernelTellsLength`.
    @_noAllocation @_noLocks
    static func reason(_ error: Int32, isTrain: Bool, tellsLength: Bool) -> DropReason {
        switch error {
        case EAGAIN, ENOBUFS, ENOMEM: .egressFull
        // EACCES: a route that prohibits.
        case ENETDOWN, ENETUNREACH, EHOSTUNREACH, ENODEV, EADDRNOTAVAIL, EACCES: .egressDown
        case EMSGSIZE: .exceedsTunnelMTU
        // A blackhole route, and for older kernels a train whose datagrams don't fit the path.
        case EINVAL: isTrain && !tellsLength ? .exceedsTunnelMTU : .egressDown
        default: .egressRejected
        }
    }

    /// Whether this kernel says EMSGSIZE of a train whose datagrams are too long for the path: since Linux 6.14, before
    /// it was EINVAL (udp_send_skb).
    static var kernelTellsLength: Bool {
        var names = utsname()
        guard uname(&names) == 0 else { return false }
        return withUnsafeBytes(of: &names.release) {
            tellsLength(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
        }
    }

    /// The same of a kernel's release, such as "6.12.41-amd64".
    static func tellsLength(_ release: String) -> Bool {
        let numbers = release.split { !("0"..."9").contains($0) }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (6, 14)
    }
}
