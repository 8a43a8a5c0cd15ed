/// An HTTP answer, whole.
public struct HTTPResponse: Hashable, Sendable {
    /// 100…599
    public var status: Int
    /// In the order received, names in lower case, values without surrounding blanks.
    public var headers: [Header]
    /// Without its transfer coding.
    public var body: [UInt8]

    /// One header field.
    public struct Header: Hashable, Sendable {
        /// In lower case.
        public var name: String
        /// Without surrounding blanks.
        public var value: String

        /// Makes a field.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How much of an answer is accepted.
    public struct Limits: Hashable, Sendable {
        /// Bytes of the status line and all header fields together, and of the trailer fields again.
        public var head: Int
        /// Bytes of the body without its transfer coding.
        public var body: Int

        /// Makes limits. The defaults hold the statistics of 4095 ports several times over.
        public init(head: Int = 64 << 10, body: Int = 64 << 20) {
            self.head = head
            self.body = body
        }
    }

    /// Makes an answer.
    public init(status: Int, headers: [Header], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The values of the fields of one name, given in lower case.
    public func values(of name: String) -> [String] {
        headers.filter { $0.name == name }.map(\.value)
    }
}
