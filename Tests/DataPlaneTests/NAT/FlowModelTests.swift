import DataPlane
import Testing

@Suite("Flow table against a model")
struct FlowModelTests {
    private typealias Rig = FlowRig

    /// One run of random operations on a table and the model.
    private struct Run {
        let rig: FlowRig
        var model = FlowModel()
        var generator: SeededGenerator
        var faults: [String] = []
        let seed: UInt64

        init(seed: UInt64) {
            self.seed = seed
            generator = SeededGenerator(seed: seed)
            // The clock comes round on the way.
            rig = FlowRig(now: .max - 3_000_000)
            // Few ports, so that they run out.
            rig.table.setPool(first: 61_440, count: 24, excluding: [61_450])
        }

        mutating func fault(_ text: String, _ step: Int) {
            if faults.count < 5 { faults.append("seed \(seed) step \(step): \(text)") }
        }

        mutating func ends() -> (proto: UInt8, domain: UInt16, inside: TransportAddress, remote: TransportAddress) {
            let proto = ([6, 17, 17, 1] as [UInt8])[generator.below(4)]
            let inside = FlowRig.inside(UInt32(generator.below(3)), UInt16(61_436 + generator.below(8)))
            let port = proto == 1 ? 0 : ([80, 81, 53] as [UInt16])[generator.below(3)]
            return (proto, UInt16(1 + generator.below(2)), inside, FlowRig.remote(UInt32(generator.below(4)), port))
        }

        func key(
            _ ends: (proto: UInt8, domain: UInt16, inside: TransportAddress, remote: TransportAddress)
        ) -> FlowModel.Key {
            FlowModel.Key(
                proto: ends.proto, domain: ends.domain, inside: FlowModel.word(ends.inside),
                remote: FlowModel.word(ends.remote))
        }

        /// What the table has removed to give its port away.
        mutating func dropReused(_ outside: UInt16, proto: UInt8, remote: UInt64, step: Int) {
            let now = rig.now
            for (key, value) in model.flows where key.proto == proto && value.outside == outside {
                let isHolder = proto == 17 ? !value.isIncoming : key.remote == remote
                if !isHolder { continue }
                if value.state != .closed, model.isLive(key, now: now) { fault("port \(outside) was somebody's", step) }
                model.flows[key] = nil
            }
        }

        mutating func create(_ step: Int) {
            let ends = ends()
            let key = key(ends)
            let endpoint = UInt16(2 + ends.inside.ipv4 & 3) + ends.domain * 10
            let isLive = model.isLive(key, now: rig.now)
            let before = rig.findOut(ends.proto, ends.inside, ends.remote, domain: ends.domain)
            if isLive != (before != 0) { fault("found \(before), model \(isLive)", step) }
            let creation = rig.out(ends.proto, ends.inside, ends.remote, endpoint: endpoint, domain: ends.domain)
            let number = rig.number(creation)
            if isLive {
                if number != before { fault("made again", step) }
                return
            }
            model.flows[key] = nil
            if number == 0 {
                checkRefusal(ends, step)
                return
            }
            let port = rig.port(number)
            if port < 61_440 || port > 61_463 || port == 61_450 { fault("port \(port) isn't in the pool", step) }
            if ends.proto == 17, let mapped = model.mapping(domain: ends.domain, inside: key.inside) {
                if mapped != port { fault("mapped to \(port) and \(mapped)", step) }
            } else {
                dropReused(port, proto: ends.proto, remote: key.remote, step: step)
            }
            model.flows[key] = FlowModel.Value(outside: port, endpoint: endpoint, isIncoming: false, seen: rig.now)
        }

        /// A port is refused only when all are somebody's.
        mutating func checkRefusal(
            _ ends: (proto: UInt8, domain: UInt16, inside: TransportAddress, remote: TransportAddress), _ step: Int
        ) {
            let now = rig.now
            var taken = Set<UInt16>()
            for (key, value) in model.flows where key.proto == ends.proto && !value.isIncoming {
                let isHolder = ends.proto == 17 || key.remote == FlowModel.word(ends.remote)
                let siblings = model.flows.filter {
                    $0.key.proto == 17 && !$0.value.isIncoming && $0.value.outside == value.outside
                }
                let isHeld = value.state != .closed && model.isLive(key, now: now)
                if isHolder, isHeld || (ends.proto == 17 && siblings.count > 1) { taken.insert(value.outside) }
            }
            if taken.count != 23 { fault("refused with \(taken.count) ports taken", step) }
        }

        mutating func come(_ step: Int) {
            var ends = ends()
            if ends.proto == 1 { ends.proto = 17 }
            ends.domain = 1
            let publish = UInt16(8000 + generator.below(2))
            let inside = FlowRig.inside(ends.inside.ipv4 & 3, 61_440)
            ends.inside = inside
            let key = key(ends)
            let now = rig.now
            let endpoint = UInt16(2 + inside.ipv4 & 3) + 10
            let creation = rig.come(
                ends.proto, to: FlowRig.outside(publish), of: inside, from: ends.remote, endpoint: endpoint,
                publish: UInt32(publish))
            let number = rig.number(creation)
            let standing = model.key(proto: ends.proto, outside: publish, remote: key.remote, now: now)
            if standing == key {
                if number == 0 { fault("not the same again", step) }
                return
            }
            // Of another endpoint: that flow is gone whatever follows.
            if let standing { model.flows[standing] = nil }
            for (other, value) in model.flows
            where other.proto == ends.proto && value.outside == publish && other.remote == key.remote {
                model.flows[other] = nil
            }
            let twin = model.flows[key]
            let isInTheWay = model.isLive(key, now: now) && twin?.state != .closed
            if isInTheWay != (number == 0) { fault("incoming \(number), twin \(isInTheWay)", step) }
            if number == 0 { return }
            model.flows[key] = FlowModel.Value(
                outside: publish, endpoint: endpoint, isIncoming: true, seen: now, publish: UInt32(publish))
        }

        mutating func admit(_ step: Int) {
            let outside = UInt16(61_440 + generator.below(24))
            let remote = FlowRig.remote(UInt32(generator.below(4)), UInt16(80 + generator.below(5)))
            let now = rig.now
            let number = rig.admit(FlowRig.outside(outside), remote)
            let address = FlowModel.word(remote) >> 16
            guard let witness = model.witness(outside: outside, address: address, now: now) else {
                if number != 0 { fault("admitted", step) }
                return
            }
            let key = FlowModel.Key(
                proto: 17, domain: witness.domain, inside: witness.inside, remote: FlowModel.word(remote))
            if model.isLive(key, now: now), let known = model.flows[key] {
                // By a publish the endpoint has such a flow already.
                if (known.outside == outside) != (number != 0) { fault("admitted \(number)", step) }
                return
            }
            if number == 0 {
                fault("not admitted", step)
                return
            }
            model.flows[key] = FlowModel.Value(
                outside: outside, endpoint: rig.flow(number).insidePort, isIncoming: false, isAdmitted: true, seen: now)
        }

        mutating func pass(_ step: Int) {
            guard let key = anyKey() else { return }
            let fromInside = generator.below(2) == 0
            let (number, isLive) = find(key)
            if isLive != (number != 0) { fault("found \(number), model \(isLive)", step) }
            if number == 0 { return }
            if key.proto != 6 {
                if !rig.pass(number, fromInside: fromInside) { fault("didn't pass", step) }
                model.pass(key, fromInside: fromInside, now: rig.now)
                return
            }
            // TCP as a whole: opened, or opened and closed.
            let isClosing = generator.below(2) == 0
            guard var value = model.flows[key], value.state != .established else { return }
            let frames: (out: UInt64, in: UInt64) = value.isIncoming ? (1, 2) : (2, 1)
            if !rig.shake(number) || (isClosing && !rig.close(number)) { fault("TCP", step) }
            value.outFrames += frames.out * (isClosing ? 2 : 1)
            value.inFrames += frames.in * (isClosing ? 2 : 1)
            value.seen = rig.now
            value.state = isClosing ? .closed : .established
            model.flows[key] = value
        }

        func find(_ key: FlowModel.Key) -> (UInt32, Bool) {
            let inside = TransportAddress(ipv4: UInt32(key.inside >> 16), port: UInt16(key.inside & 0xFFFF))
            let remote = TransportAddress(ipv4: UInt32(key.remote >> 16), port: UInt16(key.remote & 0xFFFF))
            let number = rig.findOut(key.proto, inside, remote, domain: key.domain)
            return (number, model.isLive(key, now: rig.now))
        }

        mutating func anyKey() -> FlowModel.Key? {
            if model.flows.isEmpty { return nil }
            let keys = model.flows.keys
            return keys[keys.index(keys.startIndex, offsetBy: generator.below(keys.count))]
        }

        /// Everything that the model knows is in the table, and nothing else.
        mutating func compare(_ step: Int) {
            _ = rig.age()
            model.sweep(now: rig.now)
            if rig.count != model.flows.count { fault("\(rig.count) flows, model \(model.flows.count)", step) }
            for (key, value) in model.flows {
                let (number, _) = find(key)
                let flow = rig.flow(number)
                let isSame =
                    flow.state == value.state && flow.outside.port == value.outside && flow.seen == value.seen
                    && flow.insidePort == value.endpoint && flow.isIncoming == value.isIncoming
                    && flow.outFrames == value.outFrames && flow.inFrames == value.inFrames
                    && flow.publish == value.publish
                if number == 0 || !isSame { fault("\(key) \(value) is \(number) \(flow.state)", step) }
                if rig.findIn(key.proto, flow.outside, flow.remote) != number { fault("not found from outside", step) }
            }
            if !rig.isConsistent() { fault("not consistent", step) }
        }
    }

    @Test("200,000 random operations")
    func random() {
        let seed = UInt64.random(in: 0 ... .max)
        print("flow table model: seed \(seed)")
        for part in UInt64(0)..<4 {
            var run = Run(seed: seed &+ part)
            for step in 0..<50_000 {
                run.rig.now &+= UInt32(run.generator.below(step % 5_000 < 4_000 ? 200 : 20_000))
                switch run.generator.below(100) {
                case 0..<35: run.create(step)
                case 35..<45: run.come(step)
                case 45..<55: run.admit(step)
                case 55..<95: run.pass(step)
                case 95..<97:
                    guard let key = run.anyKey() else { break }
                    // Expired ones too: their entries are only found by looking at all.
                    let (number, _) = run.find(key)
                    if number != 0 {
                        run.rig.table.remove(number)
                        run.model.flows[key] = nil
                    }
                case 97..<98:
                    let endpoint = UInt16(2 + run.generator.below(4)) + 10
                    let removed = run.rig.table.removeAll(insidePort: endpoint)
                    let before = run.model.flows.count
                    run.model.flows = run.model.flows.filter { $0.value.endpoint != endpoint }
                    if before - run.model.flows.count != removed { run.fault("removed \(removed)", step) }
                default:
                    _ = run.rig.age(all: false)
                    _ = run.rig.age()
                    run.model.sweep(now: run.rig.now)
                }
                if step % 2_500 == 0 { run.compare(step) }
            }
            run.compare(50_000)
            #expect(run.faults == [])
        }
    }
}
