import Glibc

extension Worker where IO: ~Copyable {
    /// Sends a super-frame in one datagram by the tunnel's device, if it has one. Only to peers: the device knows one way
    /// out, theirs.
    mutating func sendWhole(_ frame: TunnelFrame, _ key: Train.Key, _ place: Int) -> Bool {
        let tunnel = forwarding.tunnel(key.tunnel)
        let overlay = forwarding.overlay(key.domain)
        let address = forwarding.vteps.address(key.vtep)
        guard mayLeaveWhole(frame, key), let whole = frame.whole,
            let block = tunnels.memory.take(Self.messageBytes),
            let head = tunnels.memory.take(SuperDatagram.maximumHeadLength)
        else { return false }
        // What the flow has said before goes before.
        dispatch(place)
        let addresses = SuperDatagram.Addresses(
            interface: tunnel.pointee.interface, source: tunnel.pointee.local,
            destination: address, isIPv4: tunnel.pointee.family == Tunnel.internet,
            sourcePort: tunnel.pointee.sourcePorts[TunnelState.place(frame.hash, senders: tunnel.pointee.senderCount)],
            destinationPort: tunnel.pointee.udpPort)
        let headCount = whole.write(
            vni: overlay.pointee.vni, congestion: key.congestion, addresses, into: head)
        // A message header of 56 bytes, then two vectors.
        let message = block.assumingMemoryBound(to: msghdr.self)
        let vectors = (block + 64).assumingMemoryBound(to: iovec.self)
        vectors[0].iov_base = head
        vectors[0].iov_len = headCount
        vectors[1].iov_base = frame.frame
        vectors[1].iov_len = frame.length
        message.pointee.msg_name = nil
        message.pointee.msg_namelen = 0
        message.pointee.msg_iov = vectors
        message.pointee.msg_iovlen = 2
        message.pointee.msg_control = nil
        message.pointee.msg_controllen = 0
        message.pointee.msg_flags = 0
        let record = TrainRecord(tunnel: key.tunnel, domain: key.domain, frameBytes: frame.length)
        let outgoing = OutgoingMessage(
            port: tunnel.pointee.device, message: message, length: tunnels.record(record), isSuperframe: true)
        let numbers = tables.numbers(overlay: key.domain)
        guard io.send(outgoing) else {
            count(drop: .egressFull, numbers)
            return true
        }
        numbers[CounterIndex.sentFrames] &+= 1
        numbers[CounterIndex.sentBytes] &+= UInt64(truncatingIfNeeded: frame.length)
        numbers[CounterIndex.sentSuperframes] &+= 1
        return true
    }

    /// Whether the tunnel's device takes a super-frame in one datagram.
    @inline(__always)
    func mayLeaveWhole(_ frame: TunnelFrame, _ key: Train.Key) -> Bool {
        let tunnel = forwarding.tunnel(key.tunnel)
        guard tunnel.pointee.device != 0, case .some = frame.whole else { return false }
        return isSender(tunnel.pointee.device) && tunnel.pointee.reaches(forwarding.vteps.address(key.vtep))
            && forwarding.overlay(key.domain).pointee.hasPeer(key.vtep)
    }

    /// struct msghdr and two vectors.
    private static var messageBytes: Int { @_noAllocation @_noLocks get { 96 } }
}
