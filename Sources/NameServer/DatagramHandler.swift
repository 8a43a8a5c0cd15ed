import NIOCore
import NameService

/// Questions that come by UDP. On its channel's loop.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    /// Longest question that is read.
    static let longest = 4_096

    private let network: NameNetwork
    private let forwarder: Forwarder

    init(network: NameNetwork, forwarder: Forwarder) {
        self.network = network
        self.forwarder = forwarder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let question = unwrapInboundIn(data)
        let asker = question.remoteAddress
        // Nobody can be answered there.
        guard (asker.port ?? 0) != 0 else { return }
        let message = Array(question.data.readableBytesView)
        let client = asker.plain
        switch network.decide(message, from: client, .datagram(limit: network.datagramLimit)) {
        case .answer(let bytes), .refuse(let bytes):
            let buffer = context.channel.allocator.buffer(bytes: bytes)
            context.write(wrapOutboundOut(AddressedEnvelope(remoteAddress: asker, data: buffer)), promise: nil)
        case .forward(let query):
            let channel = context.channel
            forwarder.ask(query, client: client, network: network) { bytes in
                let buffer = channel.allocator.buffer(bytes: bytes)
                channel.writeAndFlush(AddressedEnvelope(remoteAddress: asker, data: buffer), promise: nil)
            }
        case .ignore: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An asker that is gone, or a network that is down just now: the next question is another one.
    }
}
