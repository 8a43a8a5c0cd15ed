import HTTPTypes
import HeddleAPI
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

extension ControlResponder {
    /// Answers with a capture as it comes. It has no deadline: it ends when the client closes its side (what is left still
    /// comes), closes all, or the daemon is told to end.
    func capture(_ query: [String: String], for request: Request) async throws -> Response {
        let wish = try CaptureRequest(query: query)
        let service = service
        let feed = try await bounded(limits.answer, isLook: true) { try await service.capture(wish) }
        logger.debug("capture", metadata: ["target": "\(request.head.path ?? "")"])
        let body = request.body
        return Response(
            status: .ok, headers: [.contentType: "application/x-pcapng", .cacheControl: "no-store"],
            body: .init { writer in
                do {
                    try await body.consumeWithInboundCloseHandler { _ in
                        try await ControlResponder.pass(feed, to: &writer)
                    } onInboundClosed: {
                        Task { await feed.end() }
                    }
                } catch {
                    // Nobody reads it any more.
                    await feed.end()
                    throw error
                }
                await feed.end()
                try await writer.finish(nil)
            })
    }

    private static func pass(_ feed: any CaptureFeed, to writer: inout any ResponseBodyWriter) async throws {
        while let bytes = await withGracefulShutdownHandler(
            operation: { await feed.next() },
            onGracefulShutdown: {
                Task { await feed.end() }
            })
        {
            try await writer.write(ByteBuffer(bytes: bytes))
        }
    }
}
