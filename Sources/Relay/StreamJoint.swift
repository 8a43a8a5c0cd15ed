import Glibc
import NIOCore
import NIOPosix

/// One of the two sides of a relayed connection. Reads only what the other side has room for, and hands on the end of
/// each direction by itself.
final class StreamJoint: ChannelDuplexHandler {
    /// What both sides read and write.
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var other: StreamJoint?
    /// What is done once this side's connection is there.
    private var whenActive: ((any Channel, StreamJoint) -> Void)?
    private var isActive = false
    private var isGone = false
    /// Whether a read waits until the other side has room.
    private var isReadWaiting = false
    /// Whether nothing more comes from here, and the other side was told.
    private var isInputEnded = false
    /// Whether all that goes out here has gone, the end included.
    private var isOutputEnded = false

    private init() {}

    /// The side of a client. `connect` is called with its channel and the handler for the endpoint's side.
    static func client(_ connect: @escaping (any Channel, StreamJoint) -> Void) -> StreamJoint {
        let (near, far) = (StreamJoint(), StreamJoint())
        near.other = far
        far.other = near
        near.whenActive = connect
        return near
    }

    /// Closes a connection so that the peer is told that it was no orderly end. On the channel's own loop.
    static func reset(_ channel: any Channel) {
        // Done before close is.
        if let options = channel as? any SocketOptionProvider {
            options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        channel.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { activate(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        other = nil
        whenActive = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        activate(context)
    }

    /// Both sides begin to read once both are there.
    private func activate(_ context: ChannelHandlerContext) {
        guard !isActive, let other else { return }
        isActive = true
        if let connect = whenActive {
            whenActive = nil
            connect(context.channel, other)
        } else if other.isGone {
            StreamJoint.reset(context.channel)
        } else if other.isActive {
            readIfThereIsRoom()
            other.readIfThereIsRoom()
        }
    }

    private func readIfThereIsRoom() {
        guard let context, !isInputEnded else { return }
        isReadWaiting = other?.context?.channel.isWritable != true
        if !isReadWaiting { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other?.context?.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        other?.context?.flush()
        readIfThereIsRoom()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let other, other.isReadWaiting { other.readIfThereIsRoom() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { endInput() }
        context.fireUserInboundEventTriggered(event)
    }

    /// Nothing more comes from here: the other side ends its output behind what is on its way.
    private func endInput() {
        guard !isInputEnded else { return }
        isInputEnded = true
        guard let other, let partner = other.context else { return }
        // A channel whose input has ended too is closed at once when its output is, with all that waits to be written:
        // hence an empty write, which is done when all before it is.
        let written = partner.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess {
            other.isOutputEnded = true
            other.context?.close(mode: .output, promise: nil)
        }
        partner.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isOutputEnded = false
        StreamJoint.reset(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isGone = true
        if isOutputEnded {
            // The end of the input, when the output had ended before, is told by this alone.
            endInput()
        } else if let partner = other?.context {
            // Cut short: so is the other side.
            StreamJoint.reset(partner.channel)
        }
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension StreamJoint: Sendable {}
