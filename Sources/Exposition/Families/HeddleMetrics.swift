/// Every family that `heddled --metrics` serves, in the order in which it does. Documentation/Metrics.md has a row for
/// each; a test compares them.
public enum HeddleMetrics {
    /// All of them.
    public static let all: [MetricDefinition] =
        Daemon.all + Engine.all + Worker.all + Port.all + Network.all + Names.all + ControlInterface.all

    /// The daemon as a process. The names without `heddle_` are those that every Prometheus client library has.
    public enum Daemon {
        /// Always 1.
        public static let build = MetricDefinition(
            "heddle_build_info", .gauge, ["version"], "Always 1; the version of the daemon.")
        /// See `ProcessFacts`.
        public static let processor = MetricDefinition(
            "process_cpu_seconds_total", .counter, "Processor time of the daemon.")
        /// See `ProcessFacts`.
        public static let descriptors = MetricDefinition(
            "process_open_fds", .gauge, "Descriptors that the daemon has open: one for each port, and some more.")
        /// See `ProcessFacts`.
        public static let descriptorLimit = MetricDefinition(
            "process_max_fds", .gauge, "Descriptors that the daemon may have open.")
        /// See `ProcessFacts`.
        public static let virtualMemory = MetricDefinition(
            "process_virtual_memory_bytes", .gauge, "Address space of the daemon.")
        /// See `ProcessFacts`.
        public static let residentMemory = MetricDefinition(
            "process_resident_memory_bytes", .gauge,
            "Memory of the daemon, with the pages of the shared tables that it read.")
        /// See `ProcessFacts`.
        public static let start = MetricDefinition(
            "process_start_time_seconds", .gauge, "When the daemon started, in seconds since 1970.")

        static let all = [
            build, processor, descriptors, descriptorLimit, virtualMemory, residentMemory, start,
        ]
    }

    /// The data plane as a process.
    public enum Engine {
        /// 0 while it is being replaced.
        public static let up = MetricDefinition(
            "heddle_engine_up", .gauge, "1 if the data plane runs and answers, 0 while it is being replaced.")
        /// Always 1.
        public static let information = MetricDefinition(
            "heddle_engine_info", .gauge, ["version", "io"],
            "Always 1; the version of the data plane, and whether it uses uring or epoll.")
        /// Since the daemon started.
        public static let restarts = MetricDefinition(
            "heddle_engine_restarts_total", .counter,
            "Data planes that were lost and replaced since the daemon started.")
        /// See `ProcessFacts`.
        public static let processor = MetricDefinition(
            "heddle_engine_cpu_seconds_total", .counter, "Processor time of the data plane.")
        /// See `ProcessFacts`.
        public static let descriptors = MetricDefinition(
            "heddle_engine_open_fds", .gauge, "Descriptors that the data plane has open.")
        /// See `ProcessFacts`.
        public static let residentMemory = MetricDefinition(
            "heddle_engine_resident_memory_bytes", .gauge,
            "Memory of the data plane, with the pages of the shared tables.")
        /// See `ProcessFacts`.
        public static let start = MetricDefinition(
            "heddle_engine_start_time_seconds", .gauge, "When the data plane started, in seconds since 1970.")

        static let all = [up, information, restarts, processor, descriptors, residentMemory, start]
    }

    /// What clients ask the daemon.
    public enum ControlInterface {
        /// Requests to the daemon's own API; Docker's aren't among them.
        public static let requests = MetricDefinition(
            "heddle_api_requests_total", .counter, ["route", "method", "status"],
            "Requests to the control API by template of the path and HTTP status.")
        /// From the request's head to its answer.
        public static let duration = MetricDefinition(
            "heddle_api_request_duration_seconds", .histogram, ["route", "method"],
            "Time from a request's head to its answer.")

        /// All of them.
        public static let all = [requests, duration]
    }
}

extension MetricDefinition {
    /// Makes a definition without labels.
    init(_ name: String, _ kind: Kind, _ help: String) {
        self.init(name, kind, [], help)
    }
}
