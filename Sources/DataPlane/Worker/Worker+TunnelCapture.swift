import Glibc

/// Captures of an overlay's tunnel side: inner frames, as they leave a tunnel and before they enter one. Only where a
/// capture of a whole network runs: see `CaptureTable.wantsTunnels`.
extension Worker where IO: ~Copyable {
    /// Records a frame that came out of a tunnel, and is handled up to `captures.finish`. False: nobody wants it.
    @inline(never)
    mutating func beginCapture(
        _ header: UnsafeMutableRawPointer, _ frame: UnsafeMutableRawPointer, _ length: Int, _ arrival: TunnelArrival
    ) -> Bool {
        let mask = captures.mask(tunnel: arrival.domain, isOut: false)
        // A run may be sent on because another frame, which is being handled, needs its memory.
        guard mask != 0, !captures.isSuspended else { return false }
        var bytes = UnsafeRawPointer(frame)
        var available = min(length, arrival.contiguous)
        if arrival.run.vectorCount > 0,
            let message = arrival.run.finish(
                head: header, VirtioNetHeader.length, first: frame, arrival.contiguous)
        {
            let count = gather(message)
            guard count > VirtioNetHeader.length else { return false }
            bytes = UnsafeRawPointer(captures.whole) + VirtioNetHeader.length
            available = min(length, count &- VirtioNetHeader.length)
        }
        var captured = CaptureTable.Frame(
            header: header, bytes: bytes, length: length, port: 0, domain: arrival.domain, isOut: false)
        captured.available = available
        captures.begin(captured, mask)
        return true
    }

    /// Records a frame that leaves for a VTEP.
    @inline(never)
    mutating func recordTunnelled(_ frame: TunnelFrame, domain: UInt16, to vtep: UInt16) {
        recordTunnelled(frame.frame - VirtioNetHeader.length, frame.length, domain: domain, .none, vtep: vtep)
    }

    /// Records a frame that can't leave by the tunnel.
    @inline(never)
    mutating func recordUntunnelled(
        _ header: UnsafeRawPointer, _ length: Int, domain: UInt16, _ reason: DropReason
    ) {
        recordTunnelled(header, length, domain: domain, reason, vtep: 0)
    }

    private mutating func recordTunnelled(
        _ header: UnsafeRawPointer, _ length: Int, domain: UInt16, _ reason: DropReason, vtep: UInt16
    ) {
        let mask = captures.mask(tunnel: domain, isOut: true)
        guard mask != 0, length >= 0 else { return }
        let frame = CaptureTable.Frame(
            header: header, bytes: header + VirtioNetHeader.length, length: length, port: 0, domain: domain,
            isOut: true)
        captures.record(outgoing: frame, mask, drop: reason, target: vtep)
    }
}
