/// One capture as its worker runs it.
struct RunningCapture: ~Copyable {
    /// What was asked for.
    let configuration: CaptureConfiguration
    /// What decides which frames are wanted.
    let filter: FilterProgram
    /// Where records go.
    var writer: CaptureWriter
    /// Keeps the mapping.
    private let memory: CaptureMemory
    let snapLength: Int
    /// Whether it follows frames, and how many more.
    let isFollowing: Bool
    var left: UInt32
    /// Where the record of the frame that is being handled lies, and of the one that is just going out.
    var incoming: UInt64?
    var outgoing: UInt64?
    /// All before it was sent in an earlier batch, so that its failures are known.
    var settled: UInt64
    /// Where the last record that failed was found.
    var failed: UInt64 = 0

    /// nil: the filter is none, or the ring can't be used.
    init?(_ configuration: CaptureConfiguration, _ memory: CaptureMemory) {
        guard let filter = FilterProgram(configuration.filter), let writer = CaptureWriter(memory) else { return nil }
        self.configuration = configuration
        self.filter = filter
        self.writer = writer
        self.memory = memory
        snapLength = Int(min(configuration.snapLength, UInt32(Ethernet.maximumLength)))
        isFollowing = configuration.followed != 0
        left = configuration.followed
        settled = self.writer.head
    }
}
