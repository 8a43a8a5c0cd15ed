package import Glibc

extension PortKind {
    /// A pattern: `==` of an enum with raw values is generic.
    var isTap: Bool {
        @_noAllocation @_noLocks @inline(__always) get {
            switch self {
            case .tap, .names: true
            case .packetSocket, .tunnel, .datagram, .tunnelDevice, .uplink, .parent: false
            }
        }
    }

    /// Whether frames are read without anything beside them.
    var isPlain: Bool {
        @_noAllocation @_noLocks @inline(__always) get {
            switch self {
            case .tap, .names, .tunnel: true
            case .packetSocket, .datagram, .tunnelDevice, .uplink, .parent: false
            }
        }
    }

    /// Whether frames are written to it, not sent.
    var isWritten: Bool {
        @_noAllocation @_noLocks @inline(__always) get {
            switch self {
            case .tap, .names, .tunnelDevice: true
            case .packetSocket, .tunnel, .datagram, .uplink, .parent: false
            }
        }
    }

    /// See `isTap`.
    var onlySends: Bool {
        @_noAllocation @_noLocks @inline(__always) get {
            switch self {
            case .datagram, .tunnelDevice: true
            case .tap, .names, .packetSocket, .tunnel, .uplink, .parent: false
            }
        }
    }

    /// See `isTap`.
    var isTunnel: Bool {
        @_noAllocation @_noLocks @inline(__always) get {
            if case .tunnel = self { return true }
            return false
        }
    }
}

/// What came out of a `FrameIO`.
package struct Completion {
    /// What it is about.
    package enum Kind: UInt8 {
        /// A frame was received; `slot`, `header` and `length` tell where it lies.
        case frame
        /// Nothing was received and receiving ended (`isFinal`), for the reason in `error`.
        case receiveEnded
        /// A frame of `length` bytes could not be sent, for the reason in `error`.
        case sendFailed
        /// Somebody called `Waker.wake`.
        case wake
    }

    /// See `Kind`.
    package var kind: Kind = .wake
    /// The port that it is about.
    package var port: UInt16 = 0
    /// The frame's slot; the receiver gives it back with `release`.
    package var slot: UInt16 = 0
    /// The port must be armed again to receive more.
    package var isFinal = false
    /// The frame was longer than a slot.
    package var isTruncated = false
    /// The frame that could not be sent was a super-frame.
    package var isSuperframe = false
    /// 0 or an errno.
    package var error: Int32 = 0
    /// The frame's virtio_net_hdr; the Ethernet header begins 10 bytes further on. At least `SlotMemory.headroom`
    /// bytes before it belong to the slot. Valid until `release`.
    package var header: UnsafeMutableRawPointer
    /// Bytes from the destination address on.
    package var length = 0
    /// Of a tunnel's frames: where the network header begins, from the frame's first byte on.
    package var networkOffset = 0

    /// An empty completion, to be filled by `FrameIO.next`.
    @_noAllocation @_noLocks @inline(__always)
    package init(header: UnsafeMutableRawPointer) {
        self.header = header
    }
}

extension Completion {
    /// Finds the network header of a tunnel's frame; one that fills its slot may have been longer.
    @_noAllocation @_noLocks @inline(__always)
    mutating func findNetwork(read count: Int) {
        isTruncated = count >= SlotMemory.capacity
        networkOffset = OuterDatagram.networkOffset(of: header + VirtioNetHeader.length, length: length)
    }
}

/// A frame on its way out, in one piece or in two.
package struct OutgoingFrame {
    /// The way out.
    package var port: UInt16
    /// virtio_net_hdr and whatever differs from other ways out.
    package var head: UnsafeRawPointer
    /// Bytes at `head`.
    package var headCount: Int
    /// What follows `head`; not looked at if `restCount` is 0.
    package var rest: UnsafeRawPointer
    /// Bytes at `rest`.
    package var restCount: Int
    /// For `Completion.isSuperframe`.
    package var isSuperframe: Bool

    /// A frame that lies in one piece.
    @_noAllocation @_noLocks @inline(__always)
    package init(port: UInt16, bytes: UnsafeRawPointer, count: Int, isSuperframe: Bool) {
        self.port = port
        head = bytes
        headCount = count
        rest = bytes
        restCount = 0
        self.isSuperframe = isSuperframe
    }

    /// A frame with another head.
    @_noAllocation @_noLocks @inline(__always)
    package init(
        port: UInt16, head: UnsafeRawPointer, headCount: Int, rest: UnsafeRawPointer, restCount: Int,
        isSuperframe: Bool
    ) {
        self.port = port
        self.head = head
        self.headCount = headCount
        self.rest = rest
        self.restCount = restCount
        self.isSuperframe = isSuperframe
    }
}

/// What goes out in more than two pieces: a frame that was put together again, or a train of datagrams.
package struct OutgoingMessage {
    /// The way out: a TAP, a packet socket, or a UDP socket.
    package var port: UInt16
    /// A struct msghdr with its vectors; all of it stays valid until the next `wait` or `submit`.
    package var message: UnsafeMutablePointer<msghdr>
    /// What `Completion.length` says if it fails.
    package var length: Int
    /// For `Completion.isSuperframe`.
    package var isSuperframe: Bool

    /// A message.
    @_noAllocation @_noLocks @inline(__always)
    package init(port: UInt16, message: UnsafeMutablePointer<msghdr>, length: Int, isSuperframe: Bool) {
        self.port = port
        self.message = message
        self.length = length
        self.isSuperframe = isSuperframe
    }
}

/// What is left of a timeout when so long has been looked for completions.
@_noAllocation @_noLocks @inline(__always)
func remaining(of timeout: Int64, after spin: Int64) -> Int64 {
    if timeout < 0 { return timeout }
    return timeout > spin ? timeout &- spin : 0
}

/// How a worker receives and sends frames. Implemented by the ring, by epoll and, in tests, by a script.
///
/// The rules that make slots simple: a frame that was given to `send` is out of the slot (sent or refused) before
/// anything is received into that slot again, even if `release` comes right after `send`. So there is nothing to count
/// and a way out that doesn't drain holds no slot: what it doesn't take at once is a `sendFailed`.
///
/// One thread only. Nothing here allocates but `attach`.
package protocol FrameIO: ~Copyable {
    /// Any address inside the slots, for a completion that holds no frame yet.
    var placeholder: UnsafeMutableRawPointer { get }
    /// How many slots there are.
    var slotCount: Int { get }
    /// How busy it is; costs nothing.
    var load: IOLoad { get }
    /// Takes a port in; the descriptor stays the caller's and must stay open until `detach`. 0 or an errno.
    mutating func attach(port: UInt16, descriptor: Int32, kind: PortKind) -> Int32
    /// Lets go of a port that isn't receiving.
    mutating func detach(port: UInt16)
    /// Begins to receive with the next `wait`, in the order of the calls. Ends by a completion with `isFinal`.
    mutating func receive(port: UInt16)
    /// Asks for the end of receiving. True: it comes as a completion with `isFinal`; false: nothing was under way.
    mutating func cancel(port: UInt16) -> Bool
    /// Sends a frame. False: no room, the frame counts as refused (no completion will follow).
    mutating func send(_ frame: OutgoingFrame) -> Bool
    /// Sends a message. False: as above.
    mutating func send(_ message: OutgoingMessage) -> Bool
    /// Has everything that was given to `send` be sent or refused; nothing is received meanwhile.
    mutating func submit()
    /// Gives a slot back.
    mutating func release(slot: UInt16)
    /// Does what was asked for and waits for a completion, at most `timeout` nanoseconds (negative: for ever; 0: not at
    /// all). May return early. Looks for completions for `spin` nanoseconds of these before the thread sleeps.
    mutating func wait(timeout: Int64, spin: Int64)
    /// The next completion, or false when all were seen.
    mutating func next(_ completion: inout Completion) -> Bool
}
