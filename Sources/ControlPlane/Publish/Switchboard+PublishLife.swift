import HeddleAPI
import Logging

/// What is published is open as long as its endpoint is there.
extension Switchboard {
    /// How long after something could not be opened it is tried again.
    private static let publishPause: Duration = .seconds(5)

    /// What is published of an endpoint, in the order in which it was.
    func publishes(of endpoint: EndpointRecord) -> [PublishRecord] {
        publishRecords.values.filter { $0.endpoint == endpoint.id }.sorted { $0.number < $1.number }
    }

    /// Opens what is recorded, all of it or nothing: for one who waits for the answer.
    func open(
        _ publishes: [PublishRecord], endpoint: EndpointRecord, network: NetworkRecord
    ) throws(APIError) {
        guard !publishes.isEmpty else { return }
        for publish in publishes { waitingPublishes[publish.number] = nil }
        try openPublishes(publishes, endpoint: endpoint, network: network)
        FailPoint.pass(.publishOpened)
        retryPublishesLater()
    }

    /// Opens all that is recorded of an endpoint; what can't be opened now waits.
    func openOrWait(_ endpoint: EndpointRecord) {
        openOrWait(publishes(of: endpoint), endpoint: endpoint)
    }

    private func openOrWait(_ publishes: [PublishRecord], endpoint: EndpointRecord) {
        guard let network = networkRecords[endpoint.network] else { return }
        for publish in publishes {
            let before = waitingPublishes[publish.number]
            do throws(APIError) {
                try open([publish], endpoint: endpoint, network: network)
            } catch {
                waitingPublishes[publish.number] = error.message
                if error.message != before {
                    log.warning(
                        "\(publish.specification) of \(endpoint.label) waits: \(error.message). It is tried again.")
                }
            }
        }
        retryPublishesLater()
    }

    /// Closes all that is recorded of an endpoint; it stays recorded.
    func closePublishes(of endpoint: EndpointRecord) {
        let publishes = publishes(of: endpoint)
        if publishes.isEmpty { return }
        for publish in publishes { waitingPublishes[publish.number] = nil }
        closePublishes(publishes)
    }

    /// At start: opens what is recorded of endpoints that are there. Those that are wired anew, `rewired`, open theirs
    /// themselves.
    func openRecordedPublishes(besides rewired: Set<String>) {
        for endpoint in endpointRecords.values.sorted(by: { $0.port < $1.port })
        where endpoint.phase == .active && !endpoint.isGone && !rewired.contains(endpoint.id) {
            openOrWait(endpoint)
        }
    }

    /// Tries again what waits, after a while.
    func retryPublishesLater() {
        guard !isPublishRetryDue, !waitingPublishes.isEmpty else { return }
        isPublishRetryDue = true
        loop.after(Self.publishPause) { [weak self] in
            self?.assumeIsolated { board in
                board.isPublishRetryDue = false
                board.retryPublishes()
            }
        }
    }

    private func retryPublishes() {
        for publish in waitingPublishes.keys.sorted().compactMap({ publishRecords[$0] }) {
            guard let endpoint = endpointRecords[publish.endpoint], endpoint.phase == .active, !endpoint.isGone else {
                continue
            }
            openOrWait([publish], endpoint: endpoint)
        }
        retryPublishesLater()
    }
}
