import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client doesn't finish its request in time, however busily it sends.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ServerLimits
    private var timer: Scheduled<Void>?
    /// Requests whose answer isn't sent.
    private var unanswered = 0
    private var isReading = false

    init(_ limits: ServerLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { expect(limits.head, context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        expect(limits.head, context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            isReading = true
            expect(limits.body, context)
        case .body: break
        case .end:
            isReading = false
            timer?.cancel()
            if unanswered == 0 { expect(limits.idle, context) }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered = max(0, unanswered - 1)
            // An answer may be out before its request is in: then that one's time runs on.
            if unanswered == 0, !isReading { expect(limits.idle, context) }
        }
        context.write(data, promise: promise)
    }

    private func expect(_ limit: Duration, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
            context.close(promise: nil)
        }
    }
}
