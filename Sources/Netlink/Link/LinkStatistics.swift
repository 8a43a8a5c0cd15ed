/// The kernel's counters of an interface (IFLA_STATS64), as the interface's own side sees them.
public struct LinkStatistics: Hashable, Sendable {
    /// Packets received.
    public var rxPackets: UInt64
    /// Packets sent.
    public var txPackets: UInt64
    /// Bytes received, without the frame check sequence.
    public var rxBytes: UInt64
    /// Bytes sent.
    public var txBytes: UInt64
    /// Packets that came broken.
    public var rxErrors: UInt64
    /// Packets that could not be sent because of an error.
    public var txErrors: UInt64
    /// Packets that came and found no room, or nobody who wanted them.
    public var rxDropped: UInt64
    /// Packets that were dropped on their way out; for a TAP, those that found its queue full.
    public var txDropped: UInt64

    /// Reads struct rtnl_link_stats64 of linux/if_link.h, of which these are the first eight numbers.
    init(_ bytes: UnsafeRawBufferPointer) throws(NetlinkFormatError) {
        rxPackets = try bytes.number(at: 0, of: "link statistics")
        txPackets = try bytes.number(at: 8, of: "link statistics")
        rxBytes = try bytes.number(at: 16, of: "link statistics")
        txBytes = try bytes.number(at: 24, of: "link statistics")
        rxErrors = try bytes.number(at: 32, of: "link statistics")
        txErrors = try bytes.number(at: 40, of: "link statistics")
        rxDropped = try bytes.number(at: 48, of: "link statistics")
        txDropped = try bytes.number(at: 56, of: "link statistics")
    }
}
