import DataPlane

extension EngineSupervisor {
    /// What a port has counted, never less than it was shown to have before; zero where there are no tables.
    func shownCounters(port: UInt16) -> PortCounters {
        counterFloor.raise(counters(port: port) ?? PortCounters(), port: port)
    }

    /// The same of an overlay's tunnel side.
    func shownCounters(overlay domain: UInt16) -> PortCounters {
        counterFloor.raise(counters(overlay: domain) ?? PortCounters(), overlay: domain)
    }

    /// Flows of every domain, in one pass.
    func flowCounts() -> [UInt16: FlowCounts] {
        tables?.flowCounts() ?? [:]
    }

    /// What workers tell of themselves, those that do, and the stations of every domain, in one pass over all.
    func workerSnapshots() -> ([MetricsSnapshot.Worker], [UInt16: StationCounts]) {
        var workers: [MetricsSnapshot.Worker] = []
        var stations: [UInt16: StationCounts] = [:]
        let ageing = domains.mapValues(\.ageingMilliseconds)
        for index in 0..<(tables?.workers ?? 0) {
            let mine = tables?.stationCounts(worker: index, ageing: ageing) ?? [:]
            stations.merge(mine) { StationCounts(learned: $0.learned + $1.learned, fixed: $0.fixed + $1.fixed) }
            guard let numbers = tables?.workerNumbers(index) else { continue }
            let count = mine.values.reduce(0) { $0 + $1.learned + $1.fixed }
            workers.append(MetricsSnapshot.Worker(index: index, numbers: numbers, stations: count))
        }
        return (workers, stations)
    }
}
