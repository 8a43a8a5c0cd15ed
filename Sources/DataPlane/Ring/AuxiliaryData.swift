/// What a packet socket tells beside the frame (PACKET_AUXDATA, struct tpacket_auxdata in linux/if_packet.h): the VLAN
/// tag that the kernel took out of the frame.
enum AuxiliaryData {
    /// CMSG_SPACE(sizeof(struct tpacket_auxdata)): a header of 16 bytes, 20 bytes and padding.
    static var controlBytes: Int { @_noAllocation @_noLocks get { 40 } }
    /// In front of the vnet header when received through the ring: struct io_uring_recvmsg_out and the control data.
    static var ringPrefix: Int { @_noAllocation @_noLocks get { 16 + controlBytes } }
    /// MSG_TRUNC.
    static var truncated: UInt32 { @_noAllocation @_noLocks get { 0x20 } }

    private static var packetLevel: Int32 { @_noAllocation @_noLocks get { 263 } }
    private static var auxdataType: Int32 { @_noAllocation @_noLocks get { 8 } }
    /// TP_STATUS_VLAN_VALID and TP_STATUS_VLAN_TPID_VALID.
    private static var tagValid: UInt32 { @_noAllocation @_noLocks get { 1 << 4 } }
    private static var protocolValid: UInt32 { @_noAllocation @_noLocks get { 1 << 6 } }

    /// Puts the tag back where it was, in front of the EtherType: the frame then begins 4 bytes earlier. `control` is
    /// `controlBytes` long.
    @_noAllocation @_noLocks @inline(__always)
    static func restoreTag(from control: UnsafeMutableRawPointer, _ completion: inout Completion) {
        let length = control.load(as: UInt64.self)
        let level = control.load(fromByteOffset: 8, as: Int32.self)
        let type = control.load(fromByteOffset: 12, as: Int32.self)
        guard length >= 36, level == packetLevel, type == auxdataType else { return }
        let status = control.load(fromByteOffset: 16, as: UInt32.self)
        guard status & tagValid != 0 else { return }
        let tci = control.load(fromByteOffset: 32, as: UInt16.self)
        let named = control.load(fromByteOffset: 34, as: UInt16.self)
        let tpid = status & protocolValid != 0 ? named : 0x8100
        // Invariant: the control data in front of the vnet header is more than the headroom that is needed.
        guard
            let header = VLANRestore.insert(tpid: tpid, tci: tci, at: completion.header, length: completion.length)
        else { return }
        completion.header = header
        completion.length &+= VLANRestore.headroom
    }
}
