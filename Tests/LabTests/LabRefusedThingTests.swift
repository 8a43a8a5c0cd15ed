import HeddleAPI
import Testing

@testable import Lab

/// What was refused is remembered, tried again, and never taken from whoever has it.
struct LabRefusedThingTests {
    private let network = LabItem("network::lan", .network(host: nil, request: NetworkRequest(name: "office-lan")))

    private var refused: LabRecord {
        var event = LabRecord.Event(key: network.key)
        event.making = network
        event.refused = true
        var record = LabRecord()
        record.apply(event)
        return record
    }

    @Test func itIsRemembered() {
        #expect(refused.entries[network.key]?.state == .refused && refused.isEmpty)
        var again = LabRecord()
        for event in refused.events { again.apply(event) }
        #expect(again.entries[network.key]?.state == .refused)
        var gone = LabRecord.Event(key: network.key)
        gone.gone = true
        again.apply(gone)
        #expect(again.entries.isEmpty)
    }

    @Test func itIsTriedAgain() {
        let difference = LabDifference(recorded: refused, wanted: [network])
        #expect(difference.makings.map(\.key) == [network.key] && difference.kept.isEmpty)
        var made = LabRecord.Event(key: network.key)
        made.making = network
        made.made = ["id": "1"]
        var record = refused
        record.apply(made)
        #expect(record.entries[network.key]?.state == .made && !record.isEmpty)
    }
}
