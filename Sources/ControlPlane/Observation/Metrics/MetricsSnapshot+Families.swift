import DataPlane
import Exposition
import HeddleAPI
import NameServer

extension MetricsSnapshot {
    /// All that `HeddleMetrics` has of the control plane and the data plane; what isn't known has no numbers.
    func families(daemon: ProcessFacts?, engine process: ProcessFacts?) -> [MetricFamily] {
        daemonFamilies(daemon) + engineFamilies(process) + workerFamilies + portFamilies + networkFamilies
            + nameFamilies
    }

    private func daemonFamilies(_ facts: ProcessFacts?) -> [MetricFamily] {
        typealias Daemon = HeddleMetrics.Daemon
        return [
            .one(Daemon.build, 1, [HeddleVersion.current]), .one(Daemon.processor, number: facts?.processorSeconds),
            .one(Daemon.descriptors, facts?.descriptors),
            .one(Daemon.descriptorLimit, ProcessFacts.descriptorLimit),
            .one(Daemon.virtualMemory, facts?.virtualMemory), .one(Daemon.residentMemory, facts?.residentMemory),
            .one(Daemon.start, number: facts?.startSeconds),
        ]
    }

    private func engineFamilies(_ facts: ProcessFacts?) -> [MetricFamily] {
        typealias Engine = HeddleMetrics.Engine
        return [
            .one(Engine.up, engine == nil ? 0 : 1),
            .one(Engine.information, engine.map { _ in 1 }, [engine?.version ?? "", engine?.io ?? ""]),
            .one(Engine.restarts, engineRestarts), .one(Engine.processor, number: facts?.processorSeconds),
            .one(Engine.descriptors, facts?.descriptors), .one(Engine.residentMemory, facts?.residentMemory),
            .one(Engine.start, number: facts?.startSeconds),
        ]
    }

    private var workerFamilies: [MetricFamily] {
        typealias Family = HeddleMetrics.Worker
        func each(_ definition: MetricDefinition, _ value: (Worker) -> UInt64) -> MetricFamily {
            var family = MetricFamily(definition)
            for worker in workers { family.add(value(worker), ["\(worker.index)"]) }
            return family
        }
        var slots = MetricFamily(Family.slots)
        var changes = MetricFamily(Family.stationChanges)
        for worker in workers {
            let (index, numbers) = ("\(worker.index)", worker.numbers)
            // The three are stored one after the other, so that for a moment they may be more than all.
            let others = min(numbers.receivingSlots + numbers.freeSlots, numbers.slots)
            slots.add(numbers.receivingSlots, [index, "receiving"])
            slots.add(numbers.slots - others, [index, "used"])
            slots.add(numbers.freeSlots, [index, "free"])
            changes.add(numbers.stations.learned, [index, "learned"])
            changes.add(numbers.stations.moved, [index, "moved"])
            changes.add(numbers.stations.evicted, [index, "evicted"])
            changes.add(numbers.stations.refused, [index, "refused"])
            changes.add(numbers.stations.aged, [index, "aged"])
        }
        return [
            each(Family.batches) { $0.numbers.batches }, each(Family.frames) { $0.numbers.frames },
            each(Family.spins) { $0.numbers.spins }, each(Family.rearms) { $0.numbers.rearms },
            each(Family.overflows) { $0.numbers.overflows }, each(Family.lost) { $0.numbers.lost },
            each(Family.refusals) { $0.numbers.refusals }, slots,
            each(Family.held) { $0.numbers.heldPackets }, each(Family.stations) { UInt64($0.stations) },
            each(Family.stationLimit) { _ in UInt64(SharedTables.stationCapacity) }, changes,
        ] + flowFamilies
    }

    /// The first worker's: only it routes.
    private var flowFamilies: [MetricFamily] {
        typealias Family = HeddleMetrics.Worker
        let numbers = workers.first { $0.index == 0 }?.numbers
        var changes = MetricFamily(Family.flowChanges)
        if let numbers {
            changes.add(numbers.flowsMade, ["made"])
            changes.add(numbers.flowsExpired, ["expired"])
            changes.add(numbers.flowsEvicted, ["evicted"])
            changes.add(numbers.flowsReused, ["reused"])
            changes.add(numbers.flowsRefused, ["refused"])
        }
        return [
            .one(Family.flows, numbers?.flows), .one(Family.openingFlows, numbers?.openingFlows),
            .one(Family.flowLimit, numbers.map { _ in UInt64(SharedTables.flowCapacity) }), changes,
        ]
    }

    private var networkFamilies: [MetricFamily] {
        typealias Family = HeddleMetrics.Network
        var information = MetricFamily(Family.information)
        var mtu = MetricFamily(Family.mtu)
        var endpoints = MetricFamily(Family.endpoints)
        var stations = MetricFamily(Family.stations)
        var flows = MetricFamily(Family.flows)
        var published = MetricFamily(Family.published)
        var peers = MetricFamily(Family.peers)
        for network in networks {
            let name = network.name
            information.add(1, [name, network.id, network.driver])
            mtu.add(UInt64(clamping: network.mtu), [name])
            endpoints.add(UInt64(network.endpointsUp), [name, "up"])
            endpoints.add(UInt64(network.endpointsGone), [name, "gone"])
            stations.add(UInt64(network.stations.learned), [name, "learned"])
            stations.add(UInt64(network.stations.fixed), [name, "static"])
            if let counts = network.flows {
                flows.add(UInt64(counts.opening), [name, "opening"])
                flows.add(UInt64(counts.established), [name, "established"])
                flows.add(UInt64(counts.closing), [name, "closing"])
                flows.add(UInt64(counts.closed), [name, "closed"])
            }
            published.add(UInt64(network.publishesOpen), [name, "open"])
            published.add(UInt64(network.publishesWaiting), [name, "waiting"])
            if let count = network.peers { peers.add(UInt64(count), [name]) }
        }
        return [information, mtu, endpoints, stations, flows, published, peers]
    }

    private var nameFamilies: [MetricFamily] {
        typealias Family = HeddleMetrics.Names
        var questions = MetricFamily(Family.questions)
        var unanswered = MetricFamily(Family.unanswered)
        var duration = MetricFamily(Family.duration)
        for network in networks {
            guard let counts = network.names else { continue }
            questions.add(counts.answered, [network.name, "answered"])
            questions.add(counts.forwarded, [network.name, "forwarded"])
            questions.add(counts.refused, [network.name, "refused"])
            questions.add(counts.dropped, [network.name, "dropped"])
            unanswered.add(counts.unanswered, [network.name])
            duration.add(counts.forwardTimes, [network.name])
        }
        return [questions, unanswered, duration]
    }
}

extension MetricFamily {
    /// A family with one number, or none.
    static func one(_ definition: MetricDefinition, _ value: UInt64?, _ labels: [String] = []) -> MetricFamily {
        var family = MetricFamily(definition)
        if let value { family.add(value, labels) }
        return family
    }

    /// A family with one number, or none.
    static func one(_ definition: MetricDefinition, number value: Double?) -> MetricFamily {
        var family = MetricFamily(definition)
        if let value { family.add(number: value) }
        return family
    }
}
