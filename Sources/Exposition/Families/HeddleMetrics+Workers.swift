extension HeddleMetrics {
    /// What each thread of the data plane is doing. Absent while the data plane is of a version that doesn't tell.
    public enum Worker {
        /// Waits.
        public static let batches = MetricDefinition(
            "heddle_worker_batches_total", .counter, ["worker"],
            "Times that a worker woke up and took all the frames that there were.")
        /// Frames in these.
        public static let frames = MetricDefinition(
            "heddle_worker_frames_total", .counter, ["worker"], "Frames and datagrams that a worker received.")
        /// Looks before sleeping.
        public static let spins = MetricDefinition(
            "heddle_worker_spins_total", .counter, ["worker"],
            "Waits in which a worker looked for more frames before it slept.")
        /// Endings of receives.
        public static let rearms = MetricDefinition(
            "heddle_worker_receive_rearms_total", .counter, ["worker"],
            "How often a port's receiving ended and was begun again.")
        /// io_uring only.
        public static let overflows = MetricDefinition(
            "heddle_worker_completion_overflows_total", .counter, ["worker"],
            "Receives that ended since the ring's completion queue was full, and were begun again.")
        /// io_uring only.
        public static let lost = MetricDefinition(
            "heddle_worker_lost_completions_total", .counter, ["worker"],
            "Completions that the kernel lost since it had no memory for them; a port may receive nothing any more.")
        /// io_uring only.
        public static let refusals = MetricDefinition(
            "heddle_worker_send_refusals_total", .counter, ["worker"],
            "Sends that found no room in the ring's submission queue.")
        /// Frame buffers.
        public static let slots = MetricDefinition(
            "heddle_worker_slots", .gauge, ["worker", "state"],
            "Frame buffers: given to the kernel to receive into, in use by a frame, free.")
        /// Impairments.
        public static let held = MetricDefinition(
            "heddle_worker_held_packets", .gauge, ["worker"], "Packets that impairments hold back.")
        /// The MAC table.
        public static let stations = MetricDefinition(
            "heddle_worker_stations", .gauge, ["worker"], "MAC addresses that a worker knows.")
        /// Its room.
        public static let stationLimit = MetricDefinition(
            "heddle_worker_stations_limit", .gauge, ["worker"], "MAC addresses that a worker has room for.")
        /// What happened to them.
        public static let stationChanges = MetricDefinition(
            "heddle_worker_station_changes_total", .counter, ["worker", "change"],
            "Stations learned, moved to another port, evicted by newcomers, refused for want of room, aged out.")
        /// The flow table.
        public static let flows = MetricDefinition(
            "heddle_flow_entries", .gauge, "Entries of the flow table in use, closed flows among them.")
        /// Waiting for an answer.
        public static let openingFlows = MetricDefinition(
            "heddle_flow_opening_entries", .gauge, "Entries whose flow waits for its first answer.")
        /// Its room.
        public static let flowLimit = MetricDefinition(
            "heddle_flow_entries_limit", .gauge, "Entries that the flow table has room for.")
        /// What happened to them.
        public static let flowChanges = MetricDefinition(
            "heddle_flow_changes_total", .counter, ["change"],
            "Flows made, expired, evicted before they were closed, reused after it, refused.")

        static let all = [
            batches, frames, spins, rearms, overflows, lost, refusals, slots, held, stations, stationLimit,
            stationChanges,
            flows, openingFlows, flowLimit, flowChanges,
        ]
    }
}
