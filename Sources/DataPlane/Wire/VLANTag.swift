/// Numbers of IEEE 802.1Q.
package enum VLANTag {
    /// Bytes of TPID and TCI.
    package static var length: Int { @_noAllocation @_noLocks get { 4 } }
    /// The VLAN identifier's bits in a TCI.
    package static var identifierMask: UInt16 { @_noAllocation @_noLocks get { 0x0FFF } }
    /// The largest identifier a frame may carry; 4095 is reserved.
    package static var largestIdentifier: UInt16 { @_noAllocation @_noLocks get { 4094 } }
    /// How many tags are looked through.
    package static var deepest: Int { @_noAllocation @_noLocks get { 2 } }
}

/// What stands behind at most two VLAN tags.
package struct TagWalk {
    /// The EtherType behind the tags; itself a tag's if there are more than two, or if the frame ends inside one.
    package let etherType: UInt16
    /// Where the payload begins, from the destination address on; never past the frame's end.
    package let payload: Int

    /// Looks through the tags.
    @inline(__always) @_noAllocation @_noLocks
    package init(_ frame: EthernetView) {
        var etherType = frame.etherType
        var payload = Ethernet.headerLength
        var depth = 0
        // Invariant: payload ≤ length, and the EtherType that stands before payload has been read.
        while EtherType.isTag(etherType), depth < VLANTag.deepest, frame.length &- payload >= VLANTag.length {
            etherType = frame.bytes.bigEndian16(at: payload &+ 2)
            payload &+= VLANTag.length
            depth &+= 1
        }
        self.etherType = etherType
        self.payload = payload
    }
}
