import HTTPTypes
import Hummingbird

extension Response {
    /// As an answer to HEAD: says how long its body would be, but has none (RFC 9110, section 9.3.2).
    mutating func dropBody() {
        body = ResponseBody(contentLength: body.contentLength) { writer in try await writer.finish(nil) }
    }
}
