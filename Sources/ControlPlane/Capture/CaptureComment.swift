import DataPlane

extension CaptureRecord {
    /// What became of the frame, as the capture's comment says it. `explains`: what the reason of a drop means, too.
    func comment(_ labels: CaptureLabels, explains: Bool = false) -> String {
        var parts: [String] = []
        switch verdict {
        case .unknown: break
        case .forwarded: parts.append("forwarded to \(labels.target(target))")
        case .flooded: parts.append("flooded")
        case .tunnelled: parts.append("forwarded to VTEP \(labels.target(target))")
        case .routed: parts.append("routed")
        case .held: parts.append("held: next hop not known yet")
        case .consumed: parts.append("consumed: answered by the switch")
        case .sent: parts.append(target == 0 ? "sent" : "sent to VTEP \(labels.target(target))")
        case .dropped: parts.append("dropped: \(reason.name)" + (explains ? ": \(reason.meaning)" : ""))
        }
        if let segments { parts.append("super-frame of \(segments) segments of \(segmentSize) bytes") }
        if hasPartialChecksum { parts.append("transport checksum not finished") }
        return parts.joined(separator: "; ")
    }
}
