/// The steps of an explanation. The raw value is on the wire: add new ones at the end.
public enum ExplanationKind: UInt8, CaseIterable, Sendable {
    /// The frame comes in by `port`. first: the domain; 0: an uplink's, which has none. second: bytes of the frame. bytes:
    /// its head.
    case arrived = 1
    /// What comes in by `port` is impaired: it may be lost, held or changed here, which isn't foretold; what follows is
    /// the way of a frame that goes on. bytes: `ImpairmentSettings` as a message carries them.
    case impairedIn
    /// The checks that hold for every frame were passed: length, virtio_net_hdr, addresses, VLAN. first: 1: a super-frame.
    case admitted
    /// The source guard of `port` was passed.
    case guardPassed
    /// The frame belongs to a VLAN. Only where VLANs are told apart. first: which; 0: none. second: 1: it is tagged.
    case classified
    /// Its source was learned. port: where it was known before; 0: nowhere. first: the MAC address. second: an
    /// `ExplainedLearning`.
    case learned
    /// Its destination was looked up. port: where it is; 0: not known, or a group. first: the MAC address. second: an
    /// `ExplainedTarget`.
    case lookedUp
    /// It goes to all members of a domain that may have it. first: the domain. second: members, the way in among them.
    case flooded
    /// An overlay's peers each get it, too. first: the domain. second: how many peers.
    case replicated
    /// It is a question for a neighbour that the engine answers itself, to `port`. first: the MAC address that it tells.
    /// bytes: the address that was asked for.
    case answered
    /// The domain's router takes it. first: the domain; 0: it came by an uplink.
    case routerTakes
    /// It is for the host itself, by its `port`, unchanged. first: an `ExplainedHostReason`.
    case toHost
    /// A question for a name, handed to the name service behind `port`.
    case toNames
    /// A route was found. port: the uplink; 0: it leads to none. first: bits of its prefix (of 32 where the address is
    /// IPv4, else of 128). second: the largest packet of the way. bytes: the destination, then the next hop; without a
    /// next hop: no route, or one that refuses.
    case routed
    /// Whether the next hop on the uplink or host `port` is known. first: its MAC address; 0: not known: the packet
    /// waits, and the host is asked for it. bytes: its address.
    case nextHop
    /// A flow of its own was found, or one is made. port: the endpoint's. first: the flow's number; 0: it isn't made yet.
    /// second: an `ExplainedFlow`. bytes: inside, outside and remote end, each an address and a port; an outside port of
    /// 0 isn't foretold.
    case flow
    /// A published port leads to an endpoint. port: the endpoint's. first: the publish's number. second: the endpoint's
    /// domain. bytes: its address and port.
    case published
    /// Its addresses were rewritten. first: the protocol's number in IP. bytes: source and destination as they were,
    /// source and destination as they are, each an address and a port; of what has no ports those are 0.
    case translated
    /// The sender is told why it goes nowhere, by an ICMP error to `port`. first: an `ExplainedMessage`. second: the MTU
    /// that it tells, or 0. Steps of the message itself follow those of the frame.
    case senderTold
    /// It waits. port: where it came in. first: an `ExplainedWait`.
    case held
    /// It is cut into fragments before it leaves by `port`. first: the largest packet. second: how many.
    case fragmented
    /// It leaves in VXLAN. port: the VTEP's place. first: the VNI. second: outer UDP destination port in bits 15…0, bits
    /// 31…16: datagrams, bit 32: it is cut into those by headers alone. bytes: the VTEP's address.
    case encapsulated
    /// At the way out `port`: what becomes of its tag. first: an `ExplainedTag`. second: the VLAN. A port that a flood
    /// doesn't reach is told, too, as `ExplainedTag.skipped`.
    case leaves
    /// What goes out by `port` is impaired: it may be lost, held or changed here, which isn't foretold. bytes: as of
    /// `impairedIn`.
    case impairedOut
    /// The port isn't as it should be: the kernel may refuse what is sent. first: an `ExplainedPort`. second: an errno,
    /// or 0.
    case portState
    /// It was given to the kernel, to leave by `port`. first: bytes of the frame. second: 1: a super-frame. bytes: its
    /// head as it leaves.
    case sent
    /// It goes nowhere, or not by `port`, for `reason`.
    case dropped
    /// Steps that didn't fit. first: how many.
    case omitted
}

/// What became of a source address.
public enum ExplainedLearning: UInt64, CaseIterable, Sendable {
    /// It wasn't known.
    case new = 1
    /// It was known at another place.
    case moved
    /// It was known here, and is heard of again.
    case refreshed
    /// It was known here, and was heard of just now: nothing changes.
    case known
    /// It was set by hand to another place: nothing changes.
    case staticElsewhere
    /// There is no room for it.
    case refused
    /// Nothing is learned from such a frame: it comes from the name service, or out of a tunnel that doesn't learn.
    case never
    /// Nothing was learned since an endpoint that is here has that address.
    case guardedEndpoint
}

/// What a destination address is.
public enum ExplainedTarget: UInt64, CaseIterable, Sendable {
    /// A station that is known behind a port.
    case station = 1
    /// A station that is known behind a VTEP.
    case remoteStation
    /// Not known.
    case unknown
    /// A group address.
    case group
    /// The domain's router.
    case router
    /// An endpoint, known by its source guard: in a macvlan network nothing else counts.
    case endpoint
    /// Nobody here: it goes to the LAN.
    case lan
    /// Known behind a port or VTEP that isn't there any more.
    case stale
}

/// Why a frame to the router is the host's.
public enum ExplainedHostReason: UInt64, CaseIterable, Sendable {
    /// It isn't IP: ARP, say.
    case notIP = 1
    /// It carries a VLAN tag.
    case tagged
    /// Its destination is one of the host's own addresses.
    case address
    /// Neighbour discovery.
    case discovery
}

/// Whose flow a packet is of.
public enum ExplainedFlow: UInt64, CaseIterable, Sendable {
    /// One that is there.
    case existing = 1
    /// One that is made for it.
    case new
    /// One that is made since its socket has sent to that address before.
    case admitted
    /// The one that its ICMP error quotes.
    case quoted
    /// The one of its datagram's first fragment.
    case fragment
    /// One that is made in place of one by another uplink.
    case replaced
}

/// Why a frame waits.
public enum ExplainedWait: UInt64, CaseIterable, Sendable {
    /// The next hop isn't known.
    case nextHop = 1
    /// A fragment whose first one hasn't come. It is counted as dropped until that comes.
    case firstFragment
}

/// What a sender is told.
public enum ExplainedMessage: UInt64, CaseIterable, Sendable {
    /// The hop limit is used up.
    case timeExceeded = 1
    /// The network can't be reached.
    case networkUnreachable
    /// It is prohibited.
    case prohibited
    /// The packet is too big.
    case tooBig
}

/// What becomes of a frame's tag at a way out.
public enum ExplainedTag: UInt64, CaseIterable, Sendable {
    /// It doesn't go out there: the port is isolated, or carries other VLANs.
    case skipped = 1
    /// It leaves as it came.
    case unchanged
    /// It leaves with one more tag.
    case pushed
    /// It leaves without its tag.
    case popped
    /// It leaves with another VLAN in its tag.
    case replaced
}

/// How a port is that isn't as it should be.
public enum ExplainedPort: UInt64, CaseIterable, Sendable {
    /// There is none of that number.
    case absent = 1
    /// It is being removed.
    case retiring
    /// Its device is gone.
    case dead
    /// Its device is down, or receiving fails.
    case failing
    /// Its device is down, and the kernel refuses what is sent. The engine doesn't say so: who makes it a report asks.
    case down
    /// Its device has no carrier, and the kernel takes what is sent and throws it away. As `down`.
    case noCarrier
}
