/// What a port is called in a capture.
struct CaptureLabel: Hashable, Sendable {
    /// As `heddle stats` names it.
    var name: String
    /// Its network, and what addresses it has.
    var description: String
}

/// Names for all that records of a capture name by number.
struct CaptureLabels: Hashable, Sendable {
    /// By port.
    var ports: [UInt16: CaptureLabel] = [:]
    /// Tunnel sides, by domain.
    var tunnels: [UInt16: CaptureLabel] = [:]
    /// Addresses of VTEPs, by number.
    var vteps: [UInt16: String] = [:]

    /// A port, or the tunnel side of a domain.
    func label(port: UInt16, domain: UInt16) -> CaptureLabel {
        if port == 0 { return tunnels[domain] ?? CaptureLabel(name: "vxlan", description: "domain \(domain)") }
        return ports[port] ?? CaptureLabel(name: "port\(port)", description: "")
    }

    /// Where a frame goes.
    func target(_ place: UInt16) -> String {
        ports[place]?.name ?? vteps[place] ?? "port\(place)"
    }
}
