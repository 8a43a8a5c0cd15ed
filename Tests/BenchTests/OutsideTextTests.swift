import Addresses
import Bench
import Testing

/// What other programs and the kernel print.
@Suite struct OutsideTextTests {
    @Test func pingOfIputils() throws {
        let text = """
            PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.

            --- 10.0.0.2 ping statistics ---
            20000 packets transmitted, 20000 received, 0% packet loss, time 221ms
            rtt min/avg/max/mdev = 0.004/0.007/0.123/0.002 ms, ipg/ewma 0.011/0.007 ms
            """
        let outcome = try #require(FloodPing.parse(text))
        #expect([outcome.minimum, outcome.average, outcome.maximum] == [4, 7, 123])
    }

    @Test func pingOfBusybox() throws {
        let outcome = try #require(FloodPing.parse("round-trip min/avg/max = 0.050/0.101/1.500 ms"))
        #expect(outcome.average == 101)
    }

    @Test func pingWithoutAnswers() {
        #expect(FloodPing.parse("3 packets transmitted, 0 received, 100% packet loss, time 2043ms") == nil)
        #expect(FloodPing.parse("") == nil)
        #expect(FloodPing.parse("rtt min/avg/max/mdev = x/y/z ms") == nil)
    }

    @Test func pingsArguments() {
        let arguments = FloodPing.arguments(to: IPv4Address(10, 0, 0, 9), count: 100, seconds: 0.2)
        #expect(arguments == ["-f", "-q", "-n", "-c", "100", "-w", "1", "10.0.0.9"])
    }

    @Test func iperfsReport() throws {
        let text = """
            {"start": {"version": "iperf 3.12"}, "intervals": [],
             "end": {"sum_sent": {"bytes": 4000000000, "bits_per_second": 10666666666.7, "retransmits": 42},
                     "sum_received": {"bytes": 3900000000, "bits_per_second": 10400000000}}}
            """
        let outcome = try StreamTool.parse(text)
        #expect(outcome.gigabits == 10.4)
        #expect(outcome.retransmits == 42)
        #expect(outcome.bytes == 3_900_000_000)
    }

    @Test func iperfsErrors() {
        #expect(throws: BenchError("iperf3: unable to connect to server: Connection refused")) {
            try StreamTool.parse(#"{"end": {}, "error": "unable to connect to server: Connection refused"}"#)
        }
        #expect(throws: BenchError("iperf3 reported no throughput")) { try StreamTool.parse(#"{"end": {}}"#) }
        #expect(throws: BenchError.self) { try StreamTool.parse("iperf3: error") }
    }

    @Test func machineTimeOfProcStat() throws {
        let text = """
            cpu  100 0 50 1000 20 3 4 30 0 0
            cpu0 50 0 25 500 10 1 2 15 0 0
            cpu1 50 0 25 500 10 2 2 15 0 0
            intr 12345
            ctxt 99
            """
        let time = try #require(ProcessorTime.parse(statistics: text, ticksPerSecond: 100))
        #expect(time.notBusy == 10.5)
        #expect(time.processors == 2)
        #expect(ProcessorTime.parse(statistics: "cpu  1 2 3", ticksPerSecond: 100) == nil)
        #expect(ProcessorTime.parse(statistics: "", ticksPerSecond: 100) == nil)
    }

    @Test func busyIsAllThatIsNotIdle() {
        let start = ProcessorTime(takenAt: 1_000_000_000, notBusy: 5, processes: 1, processors: 2)
        let end = ProcessorTime(takenAt: 3_000_000_000, notBusy: 6.5, processes: 1.75, processors: 2)
        let used = end.used(since: start)
        #expect(used.machine == 2.5)
        #expect(used.processes == 0.75)
    }

    @Test func ownTimeIsCounted() throws {
        let before = try ProcessorTime.now(processes: [ProcessIdentifier.own])
        let start = MachineClock.thread
        while MachineClock.thread - start < 60_000_000 {}
        let used = try ProcessorTime.now(processes: [ProcessIdentifier.own]).used(since: before)
        #expect(used.processes > 0.05)
        // Idle time is told in whole ticks of 10 ms, for each processor.
        #expect(used.machine > 0.02)
    }

    @Test func residentMemory() {
        #expect(ProcessMemory.resident(status: "Name:\tx\nVmHWM:\t 9 kB\nVmRSS:\t  2048 kB\n") == 2_097_152)
        #expect(ProcessMemory.resident(status: "Name:\tx\n") == 0)
        #expect(ProcessMemory.resident(process: ProcessIdentifier.own) > 1_000_000)
    }

    @Test func factsByKey() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC: 7B13\nPRETTY_NAME=\"Debian 12\"\n"
        #expect(MachineFacts.value(of: "model name", in: text, separator: ":") == "AMD EPYC: 7B13")
        #expect(MachineFacts.value(of: "PRETTY_NAME", in: text, separator: "=") == "Debian 12")
        #expect(MachineFacts.value(of: "missing", in: text, separator: ":") == nil)
    }

    @Test func echoRequestsCarryARightChecksum() {
        for (identifier, sequence) in [(0, 0), (1, 2), (0xFFFF, 0xFFFF), (0x1234, 0xFFFE)] as [(UInt16, UInt16)] {
            let bytes = EchoMessage(identifier: identifier, sequence: sequence).encoded()
            #expect(bytes.count == 64)
            #expect(bytes[0] == 8)
            var sum: UInt32 = 0
            for index in stride(from: 0, to: bytes.count, by: 2) {
                sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
            }
            while sum > 0xFFFF { sum = sum >> 16 + sum & 0xFFFF }
            #expect(sum == 0xFFFF)
        }
    }

    @Test func echoRepliesAreReadBehindTheirHeader() {
        let header: [UInt8] = [0x46] + [UInt8](repeating: 0, count: 23)
        let reply = header + [0, 0, 0xAA, 0xBB, 0x12, 0x34, 0x56, 0x78]
        #expect(EchoMessage(reply: reply[...]) == EchoMessage(identifier: 0x1234, sequence: 0x5678))
        #expect(EchoMessage(reply: reply.dropLast()) == nil)
        #expect(EchoMessage(reply: (header + [8, 0, 0, 0, 0, 0, 0, 0])[...]) == nil)
        #expect(EchoMessage(reply: [][...]) == nil)
        #expect(EchoMessage(reply: [0x4F, 0][...]) == nil)
    }

    @Test func optionsAreChecked() {
        func refused(_ change: (inout BenchOptions) -> Void) -> String? {
            var options = BenchOptions.full()
            change(&options)
            do {
                try options.validate()
                return nil
            } catch {
                return error.description
            }
        }
        #expect(refused { _ in } == nil)
        #expect(refused { $0.subjects = ["bridge", "nonsense"] }?.contains("nonsense") == true)
        #expect(refused { $0.subjects = ["bridge", "nonsense"] }?.contains("heddle-tap") == true)
        #expect(refused { $0.tests = ["tcp2"] }?.contains("tcp2") == true)
        #expect(refused { $0.tests = [] } != nil)
        #expect(refused { $0.subjects = ["bridge", "bridge"] } != nil)
        #expect(refused { $0.rounds = 0 } != nil)
        #expect(refused { $0.seconds = .nan } != nil)
        #expect(refused { $0.seconds = 0.1 } != nil)
        #expect(refused { $0.frameSizes = [59] }?.contains("59") == true)
        #expect(refused { $0.frameSizes = [1_515] } != nil)
        #expect(refused { $0.sandboxes = 1_001 } != nil)
    }
}
