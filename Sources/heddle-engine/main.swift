import DataPlane
import Glibc

// The data plane's process. heddled starts it with its descriptors open: nobody else should.

func complain(_ text: String) {
    var bytes = Array(text.utf8)
    _ = write(STDERR_FILENO, &bytes, bytes.count)
}

func usage() -> Never {
    complain(
        """
        usage: heddle-engine --workers N --io auto|uring|epoll [--spin-us N]

        The data plane of Heddle. heddled starts it and leaves it three descriptors: 3, the socket on which it
        listens for daemons; 4, the shared tables; 5, /dev/cpu_dma_latency. To run Heddle, start heddled.

        """)
    exit(64)
}

var options = EngineOptions()
var arguments = CommandLine.arguments.dropFirst()
while let name = arguments.popFirst() {
    guard let value = arguments.popFirst() else { usage() }
    switch name {
    case "--workers":
        guard let workers = Int(value), (1...64).contains(workers) else { usage() }
        options.workers = workers
    case "--io":
        guard let io = IOChoice(rawValue: value) else { usage() }
        options.io = io
    case "--spin-us":
        guard let spin = Int(value), (0...1_000_000).contains(spin) else { usage() }
        options.spinMicroseconds = spin
    default:
        usage()
    }
}
guard fcntl(EngineOptions.Descriptor.listener, F_GETFD) >= 0, fcntl(EngineOptions.Descriptor.tables, F_GETFD) >= 0
else { usage() }

// The daemon ends the engine by a message; a terminal's signals are not for it.
signal(SIGPIPE, SIG_IGN)
signal(SIGHUP, SIG_IGN)
signal(SIGINT, SIG_IGN)

do {
    let engine = try Engine(
        options: options, listener: EngineOptions.Descriptor.listener, tables: EngineOptions.Descriptor.tables,
        latency: EngineOptions.Descriptor.latency)
    engine.run()
} catch {
    complain("heddle-engine: \(error)\n")
    exit(1)
}
