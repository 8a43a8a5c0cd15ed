import HeddleAPI
import Testing

@testable import Lab

/// What a file becomes: things in order, and choices that stay.
struct LabPlanTests {
    private func record(of items: [LabItem]) -> LabRecord {
        var record = LabRecord()
        for item in items {
            var event = LabRecord.Event(key: item.key)
            event.making = item
            event.made = [:]
            record.apply(event)
        }
        return record
    }

    /// Addresses of nodes on a network; ends of links have none.
    private func addresses(_ plan: LabPlan, on network: String = "office-lan") -> [String: [String]] {
        var found: [String: [String]] = [:]
        for item in plan.items {
            guard case .endpoint(let endpoint) = item.thing, endpoint.name.network == network else { continue }
            found[endpoint.name.node] = endpoint.request.ip
        }
        return found
    }

    @Test func eachThingComesAfterWhatItNeeds() throws {
        for text in [Self.office, Self.hosts] {
            let plan = LabPlan(try LabReaderTests.read(text))
            var seen: Set<String> = []
            for item in plan.items {
                for need in item.foundations + item.predecessors {
                    #expect(seen.contains(need), "\(item.key): \(need)")
                }
                #expect(seen.insert(item.key).inserted, "\(item.key) is there twice")
            }
        }
    }

    @Test func addressesStayWhenNodesAreAddedBeforeOthers() throws {
        let before = LabPlan(try LabReaderTests.read(Self.office))
        #expect(addresses(before) == ["web": ["10.0.0.9"], "db": ["10.0.0.2"]])
        let edited = Self.office.replacing("  db:", with: "  aaa: {networks: [lan]}\n  db:")
        let lab = try LabReaderTests.read(edited)
        let after = LabPlan(lab, recorded: record(of: before.items))
        #expect(addresses(after) == ["web": ["10.0.0.9"], "db": ["10.0.0.2"], "aaa": ["10.0.0.3"]])
        let difference = LabDifference(recorded: record(of: before.items), wanted: after.items)
        #expect(difference.removals.isEmpty)
        #expect(difference.makings.allSatisfy { $0.thing.node == "aaa" }, "\(difference.makings.map(\.key))")
    }

    @Test func whatIsTheSameNeedsNothing() throws {
        for text in [Self.office, Self.hosts] {
            let lab = try LabReaderTests.read(text)
            let first = LabPlan(lab)
            let known = record(of: first.items)
            let difference = LabDifference(recorded: known, wanted: LabPlan(lab, recorded: known).items)
            #expect(difference.isEmpty && difference.kept.count == first.items.count)
        }
    }

    @Test func anEditTouchesWhatItIsAbout() throws {
        let before = LabPlan(try LabReaderTests.read(Self.office))
        let known = record(of: before.items)
        func keys(_ old: String, _ new: String) throws -> (removed: [String], made: [String]) {
            let lab = try LabReaderTests.read(Self.office.replacing(old, with: new))
            let difference = LabDifference(recorded: known, wanted: LabPlan(lab, recorded: known).items)
            return (difference.removals.map(\.key).sorted(), difference.makings.map(\.key).sorted())
        }
        let impaired = try keys("delay: 5ms", "delay: 6ms")
        #expect(impaired.removed == [] && impaired.made == ["impairment:endpoint:web:lan"])
        // A process reads its files when it starts.
        let content = try keys("content", "other")
        #expect(content.removed == ["process:web:http"])
        #expect(content.made == ["file:web:index.html", "process:web:http"])
        let command = try keys("ip link", "ip route")
        #expect(command.removed == ["command:web:ip link#0"] && command.made == ["command:web:ip route#0"])
        let network = try keys("10.0.0.0/24", "10.0.0.0/25")
        #expect(network.removed.contains("network::lan") && network.removed.contains("endpoint:db:lan"))
        #expect(!network.removed.contains("sandbox:web") && !network.removed.contains("process:web:http"))
    }

    @Test func overlaysKnowTheirPeers() throws {
        let plan = LabPlan(try LabReaderTests.read(Self.hosts))
        let peers = plan.items.compactMap { item -> String? in
            if case .peer(let host, _, let vtep) = item.thing { "\(host ?? "")>\(vtep)" } else { nil }
        }
        #expect(peers.sorted() == ["one>198.18.0.2", "two>198.18.0.1"])
        // What a node announces must find the tunnel there.
        let endpoint = try #require(plan.items.first { $0.key == "endpoint:a:blue" })
        #expect(endpoint.predecessors.contains("peer:one:blue:198.18.0.2"))
    }

    @Test func theRecordSurvivesItsLines() throws {
        let known = record(of: LabPlan(try LabReaderTests.read(Self.hosts)).items)
        var again = LabRecord()
        for event in known.events { again.apply(event) }
        #expect(again.ordered.map(\.item) == known.ordered.map(\.item))
        #expect(again.ordered.allSatisfy { $0.state == .made })
    }

    static let office = """
        name: office
        networks:
          lan: {subnet: 10.0.0.0/24}
        nodes:
          web:
            networks: [{network: lan, address: 10.0.0.9, impair: {delay: 5ms}, publish: 8080:80}]
            files: {index.html: content}
            sysctls: {net.ipv4.conf.eth0.rp_filter: 0, net.ipv4.ip_forward: 1}
            run: [ip link]
            start: {http: httpd -f}
            routes: [10.9.0.0/16 via 10.0.0.2]
          db:
            networks: [lan]
        links:
          - {ends: [web, db], subnet: 10.2.0.0/30}
        """

    static let hosts = """
        underlay: 198.18.0.0/24
        hosts: {one: {run: [ip link]}, two: {}}
        networks: {blue: {driver: overlay, subnet: 10.0.0.0/24}}
        nodes:
          a: {host: one, networks: [blue], start: {x: [sleep, "9"]}}
          b: {host: two, networks: [blue]}
        links: [{ends: [a, b], subnet: 10.3.0.0/30}]
        """
}
