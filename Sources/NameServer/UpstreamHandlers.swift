import NIOCore

/// What a socket to a resolver says and hears.
struct UpstreamTalk {
    /// The question.
    var message: [UInt8]
    /// A message came.
    var heard: ([UInt8]) -> Void
    /// Nobody listens there, or the connection broke.
    var failed: () -> Void
}

/// A question by UDP. On its channel's loop.
final class UpstreamDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = ByteBuffer

    private let talk: UpstreamTalk

    init(_ talk: UpstreamTalk) {
        self.talk = talk
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: talk.message)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        talk.heard(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        talk.failed()
    }
}

/// A question by TCP. On its channel's loop.
final class UpstreamStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let talk: UpstreamTalk
    private var received = ByteBuffer()

    init(_ talk: UpstreamTalk) {
        self.talk = talk
    }

    func channelActive(context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: 2 + talk.message.count)
        buffer.writeInteger(UInt16(truncatingIfNeeded: talk.message.count))
        buffer.writeBytes(talk.message)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            let message = received.getBytes(at: received.readerIndex + 2, length: Int(length))
        else { return }
        talk.heard(message)
    }

    func channelInactive(context: ChannelHandlerContext) {
        talk.failed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        talk.failed()
    }
}
