/// Which I/O an engine uses.
public enum IOChoice: String, Sendable, CaseIterable {
    /// io_uring, or epoll where that is refused.
    case auto
    /// io_uring or nothing.
    case uring
    /// epoll.
    case epoll
}

/// What an engine is started with. The engine opens nothing itself.
public struct EngineOptions: Sendable {
    /// Descriptors that the daemon leaves open in the engine's process.
    public enum Descriptor {
        /// The listening socket on which daemons connect.
        public static let listener: Int32 = 3
        /// The shared tables' file.
        public static let tables: Int32 = 4
        /// /dev/cpu_dma_latency, or anything that takes 4 bytes.
        public static let latency: Int32 = 5
    }

    /// Threads that forward, 1…64; the shared tables must have been made for as many.
    public var workers: Int
    /// Which I/O.
    public var io: IOChoice
    /// How long to look for more frames after a few small ones before a thread sleeps, in microseconds; 0: not at all.
    public var spinMicroseconds: Int
    /// Frame buffers a worker; a power of two up to 32,768.
    public var slots: Int

    /// Makes the options.
    public init(workers: Int = 1, io: IOChoice = .auto, spinMicroseconds: Int = 20, slots: Int = 256) {
        self.workers = workers
        self.io = io
        self.spinMicroseconds = spinMicroseconds
        self.slots = slots
    }
}
