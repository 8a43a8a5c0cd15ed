import HeddleAPI

extension Switchboard {
    /// Makes the ports of the host lead to the endpoint: all of `records`, or, on an error, none of them. What is open
    /// already stays open. Called with a port of the endpoint that the engine has (at start: will have).
    ///
    /// What can't be open yet, but may be later by itself, is no error: it is put into `waitingPublishes`, with the
    /// reason, and asked for again from time to time.
    func openPublishes(
        _ records: [PublishRecord], endpoint: EndpointRecord, network: NetworkRecord
    ) throws(APIError) {
        // Nothing carries a publish yet: it is recorded, checked and shown.
    }

    /// Ends what `openPublishes` made, and conversations that use it; fine if it is not open. The records may be
    /// forgotten already.
    func closePublishes(_ records: [PublishRecord]) {
        // See `openPublishes`.
    }
}
