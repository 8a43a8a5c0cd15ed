import Testing

@testable import ControlPlane

@Suite struct RestartBackoffTests {
    @Test func theFirstRestartIsImmediateAndACrashLoopIsSlowed() {
        var back = RestartBackoff()
        var now = ContinuousClock.now
        #expect(back.delay(after: now) == .zero)
        var delays: [Duration] = []
        for _ in 0..<12 {
            back.started(at: now)
            now += .milliseconds(10)
            let delay = back.delay(after: now)
            delays.append(delay)
            now += delay
        }
        #expect(delays.prefix(3).allSatisfy { $0 == .zero })
        #expect(delays[3] == .milliseconds(50) && delays[4] == .milliseconds(100))
        #expect(delays.last == RestartBackoff.longest)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
        // An engine that lived is replaced at once again.
        back.started(at: now)
        now += RestartBackoff.healthy
        #expect(back.delay(after: now) == .zero)
        back.started(at: now)
        #expect(back.delay(after: now) == .zero)
    }
}

@Suite struct KernelDropsTests {
    @Test func aDeviceIsCountedFromWhereItStands() {
        var drops = KernelDrops(total: 0)
        drops.deviceSays(5)
        drops.deviceSays(7)
        #expect(drops.total == 7)
    }

    @Test func aNewDaemonGoesOnWithTheSameDevice() {
        var drops = KernelDrops(total: 7)
        drops.deviceSays(9)
        drops.deviceSays(10)
        #expect(drops.total == 10)
    }

    @Test func aNewDeviceBeginsAtZeroAndTheTotalNeverFalls() {
        var drops = KernelDrops(total: 0)
        drops.deviceSays(9)
        drops.deviceIsNew()
        drops.deviceSays(4)
        #expect(drops.total == 13)
        // Reset behind our back.
        drops.deviceSays(1)
        #expect(drops.total == 14)
        drops.add(6)
        #expect(drops.total == 20)
    }
}

@Suite struct IdentifierTests {
    @Test func idsAreSixteenHexadecimalDigits() {
        for _ in 0..<100 {
            let id = Identifier.make()
            #expect(id.count == 16 && id.allSatisfy(\.isHexDigit))
            #expect(Identifier.token() != 0)
        }
    }

    @Test func theLowestNumberIsTaken() {
        #expect(Identifier.lowestFree(besides: [], below: 4_096) == 1)
        #expect(Identifier.lowestFree(besides: [1, 2, 4], below: 4_096) == 3)
        #expect(Identifier.lowestFree(besides: Set(1...4_094), below: 4_096) == 4_095)
        #expect(Identifier.lowestFree(besides: Set(1...4_095), below: 4_096) == nil)
    }

    @Test func marksTellDaemonsApart() {
        let mark = OwnerMark(daemon: "0123456789abcdef")
        #expect(mark.alias(of: "e1") == "heddle:01234567:e1")
        #expect(mark.isOurs("heddle:01234567:anything"))
        #expect(!mark.isOurs("heddle:01234568:e1") && !mark.isOurs("") && !mark.isOurs("heddle:0123456"))
    }
}
