import NIOCore
import NameService

/// Questions that come by one TCP connection (RFC 7766): several at once, answered as answers come. On its channel's loop.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let network: NameNetwork
    private let forwarder: Forwarder
    private var received = ByteBuffer()
    /// Questions that were passed on.
    private var waiting = 0
    /// Whether no more questions come.
    private var isInputEnded = false

    init(network: NameNetwork, forwarder: Forwarder) {
        self.network = network
        self.forwarder = forwarder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        while let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            received.readableBytes >= 2 + Int(length)
        {
            received.moveReaderIndex(forwardBy: 2)
            let message = received.readBytes(length: Int(length)) ?? []
            answer(message, context)
        }
        received.discardReadBytes()
        // Whoever asks on without taking answers has had enough.
        if !context.channel.isWritable { context.close(promise: nil) }
    }

    private func answer(_ message: [UInt8], _ context: ChannelHandlerContext) {
        let client = context.channel.remoteAddress?.plain
        switch network.decide(message, from: client, .stream) {
        case .answer(let bytes), .refuse(let bytes): write(bytes, context.channel)
        case .forward(let query):
            let channel = context.channel
            waiting += 1
            forwarder.ask(query, client: client, network: network) { [self] bytes in
                waiting -= 1
                write(bytes, channel)
                closeIfDone(channel)
            }
        case .ignore: break
        }
    }

    private func write(_ bytes: [UInt8], _ channel: any Channel) {
        var buffer = channel.allocator.buffer(capacity: 2 + bytes.count)
        buffer.writeInteger(UInt16(truncatingIfNeeded: bytes.count))
        buffer.writeBytes(bytes)
        channel.writeAndFlush(buffer, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is IdleStateHandler.IdleStateEvent: context.close(promise: nil)
        case ChannelEvent.inputClosed:
            isInputEnded = true
            closeIfDone(context.channel)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// All that was written before goes out first.
    private func closeIfDone(_ channel: any Channel) {
        if isInputEnded, waiting == 0 { channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
