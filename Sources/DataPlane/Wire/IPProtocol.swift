/// IP protocol numbers (IANA) that the data plane looks at.
package enum IPProtocol {
    package static var hopByHop: UInt8 { @_noAllocation @_noLocks get { 0 } }
    package static var icmp: UInt8 { @_noAllocation @_noLocks get { 1 } }
    package static var ipip: UInt8 { @_noAllocation @_noLocks get { 4 } }
    package static var tcp: UInt8 { @_noAllocation @_noLocks get { 6 } }
    package static var udp: UInt8 { @_noAllocation @_noLocks get { 17 } }
    package static var ipv6: UInt8 { @_noAllocation @_noLocks get { 41 } }
    package static var routing: UInt8 { @_noAllocation @_noLocks get { 43 } }
    package static var fragment: UInt8 { @_noAllocation @_noLocks get { 44 } }
    package static var gre: UInt8 { @_noAllocation @_noLocks get { 47 } }
    package static var authentication: UInt8 { @_noAllocation @_noLocks get { 51 } }
    package static var icmpv6: UInt8 { @_noAllocation @_noLocks get { 58 } }
    package static var destinationOptions: UInt8 { @_noAllocation @_noLocks get { 60 } }
    package static var mobility: UInt8 { @_noAllocation @_noLocks get { 135 } }
    package static var hostIdentity: UInt8 { @_noAllocation @_noLocks get { 139 } }
    package static var shim6: UInt8 { @_noAllocation @_noLocks get { 140 } }

    /// Whether a packet of this protocol may hold another packet with a transport header of its own.
    @inline(__always) @_noAllocation @_noLocks
    package static func mayTunnel(_ number: UInt8) -> Bool {
        number == udp || number == gre || number == ipip || number == ipv6
    }
}
