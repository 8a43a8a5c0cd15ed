extension HeddleMetrics {
    /// What each network is and has.
    public enum Network {
        /// Always 1.
        public static let information = MetricDefinition(
            "heddle_network_info", .gauge, ["network", "id", "driver"], "Always 1; a network's id and driver.")
        /// Of layer 3.
        public static let mtu = MetricDefinition(
            "heddle_network_mtu_bytes", .gauge, ["network"], "The MTU of a network's interfaces.")
        /// Sandboxes' and adopted interfaces.
        public static let endpoints = MetricDefinition(
            "heddle_network_endpoints", .gauge, ["network", "state"],
            "Endpoints that are up, and those whose sandbox or interface is gone.")
        /// The MAC table.
        public static let stations = MetricDefinition(
            "heddle_network_stations", .gauge, ["network", "type"], "MAC addresses known, learned and static ones.")
        /// Translated and routed flows.
        public static let flows = MetricDefinition(
            "heddle_network_flows", .gauge, ["network", "state"],
            "Flows between the network and the outside: opening, established, closing, closed.")
        /// Published ports.
        public static let published = MetricDefinition(
            "heddle_network_published_ports", .gauge, ["network", "state"],
            "Published ports that are open, and those that wait for what they need.")
        /// Overlays only.
        public static let peers = MetricDefinition(
            "heddle_network_peers", .gauge, ["network"], "Other hosts that an overlay's floods are sent to.")

        static let all = [information, mtu, endpoints, stations, flows, published, peers]
    }

    /// The name services of networks.
    public enum Names {
        /// Each question has one outcome.
        public static let questions = MetricDefinition(
            "heddle_dns_questions_total", .counter, ["network", "outcome"],
            "Questions by what became of them: answered here, forwarded, refused, dropped as no question.")
        /// Of the forwarded ones.
        public static let unanswered = MetricDefinition(
            "heddle_dns_unanswered_total", .counter, ["network"], "Forwarded questions that no resolver could answer.")
        /// Of the forwarded ones.
        public static let duration = MetricDefinition(
            "heddle_dns_forward_duration_seconds", .histogram, ["network"],
            "Time from passing a question on to answering it, however that ended.")

        static let all = [questions, unanswered, duration]
    }
}
