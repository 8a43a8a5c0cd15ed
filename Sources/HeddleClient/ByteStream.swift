/// Where an answer's bytes come from: a socket, or a script in a test.
public protocol ByteStream: ~Copyable {
    /// Reads what there is, waiting for at least one byte; 0 means that no more will come.
    ///
    /// The buffer is the caller's and is never empty.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> Int
}
