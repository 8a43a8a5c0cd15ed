extension HeddleMetrics {
    /// What each port counted.
    public enum Port {
        /// What tells ports apart.
        public static let labels = ["network", "port", "kind"]

        /// Always 1.
        public static let information = MetricDefinition(
            "heddle_port_info", .gauge, labels + ["sandbox", "interface", "endpoint", "mac", "number"],
            "Always 1; what is known of a port beside what tells it apart.")
        /// See `PortCounters` in the data plane, as for all that follow.
        public static let receivedFrames = MetricDefinition(
            "heddle_port_receive_frames_total", .counter, labels,
            "Frames from the port into the switch; a super-frame counts once.")
        /// Bytes.
        public static let receivedBytes = MetricDefinition(
            "heddle_port_receive_bytes_total", .counter, labels,
            "Bytes of frames from the port into the switch, from the destination address to the end of the payload.")
        /// Super-frames.
        public static let receivedSuperframes = MetricDefinition(
            "heddle_port_receive_superframes_total", .counter, labels,
            "Frames from the port into the switch that were super-frames (GSO).")
        /// Frames out.
        public static let sentFrames = MetricDefinition(
            "heddle_port_transmit_frames_total", .counter, labels,
            "Frames from the switch out of the port; a super-frame counts once.")
        /// Bytes out.
        public static let sentBytes = MetricDefinition(
            "heddle_port_transmit_bytes_total", .counter, labels,
            "Bytes of frames from the switch out of the port, from the destination address to the end of the payload.")
        /// Super-frames out.
        public static let sentSuperframes = MetricDefinition(
            "heddle_port_transmit_superframes_total", .counter, labels,
            "Frames from the switch out of the port that were super-frames (GSO).")
        /// To one port.
        public static let forwarded = MetricDefinition(
            "heddle_port_forwarded_frames_total", .counter, labels,
            "Of the frames received: sent on to one port, a tunnel or out of the host.")
        /// To many.
        public static let flooded = MetricDefinition(
            "heddle_port_flooded_frames_total", .counter, labels,
            "Of the frames received: sent to every other port of the network.")
        /// Taken.
        public static let consumed = MetricDefinition(
            "heddle_port_consumed_frames_total", .counter, labels, "Of the frames received: taken by Heddle itself.")
        /// Endings of the receive.
        public static let rearms = MetricDefinition(
            "heddle_port_receive_rearms_total", .counter, labels,
            "How often receiving ended, mostly for want of a free slot, and was begun again.")
        /// Always there, so that the first drop has a rate.
        public static let dropped = MetricDefinition(
            "heddle_port_dropped_frames_total", .counter, labels + ["direction"],
            "Frames that went nowhere, by where they were dropped: ingress, egress, kernel.")
        /// Only reasons that occurred.
        public static let drops = MetricDefinition(
            "heddle_port_drops_total", .counter, labels + ["direction", "reason"],
            "Frames that went nowhere, by reason; a reason that never occurred at a port has no series.")

        static let all = [
            information, receivedFrames, receivedBytes, receivedSuperframes, sentFrames, sentBytes, sentSuperframes,
            forwarded, flooded, consumed, rearms, dropped, drops,
        ]
    }
}
