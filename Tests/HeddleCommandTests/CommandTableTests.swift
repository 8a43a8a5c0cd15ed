import HeddleAPI
import Testing

@testable import heddle

/// What people see.
struct CommandTableTests {
    @Test func status() {
        #expect(
            StatusCommand.table(Samples.status).text(styled: false) == """
                PROCESS   PID  VERSION  UPTIME  IO     WORKERS
                daemon   4711  0.1.0     2h 2m  -            -
                engine   4712  0.1.0       12s  uring        1

                """)
        var status = Samples.status
        status.engine = nil
        #expect(StatusCommand.table(status).text(styled: false).contains("being replaced"))
    }

    @Test func networks() {
        #expect(
            NetworkListCommand.table([Samples.network]).text(styled: false) == """
                NAME  DRIVER  SUBNETS      GATEWAYS   MTU  FLAGS     ID
                lan   bridge  10.0.0.0/24  10.0.0.1  1500  internal  00112233445566aa

                """)
        #expect(NetworkInspectCommand.fields(Samples.network).text(styled: false).contains("options   route=true\n"))
    }

    @Test func endpoints() {
        let text = EndpointListCommand.table([Samples.endpoint]).text(styled: false)
        #expect(
            text.contains("3fa9c1d277e0b846  lan      web      eth0    tap  02:00:0a:00:00:02  10.0.0.2/24  -     gone")
        )
        #expect(EndpointListCommand.table([Samples.endpoint]).text(styled: true).contains("\u{1B}[31mgone"))
        let fields = EndpointInspectCommand.fields(Samples.endpoint).text(styled: false)
        #expect(fields.contains("vlan       7\n"))
        #expect(fields.contains("aliases    -\n"))
    }

    @Test func stations() {
        let plain = Station(
            mac: "02:00:00:00:00:01", port: "eth0@web", vtep: nil, ageMilliseconds: 1500, isStatic: false)
        #expect(
            StationsCommand.table([plain]).text(styled: false) == """
                MAC                PORT       AGE
                02:00:00:00:00:01  eth0@web  1.5s

                """)
        let remote = Station(
            mac: "02:00:00:00:00:02", port: nil, vtep: "10.1.0.1", ageMilliseconds: 0, isStatic: true, vlan: 12)
        #expect(
            StationsCommand.table([plain, remote]).lines(styled: false) == [
                "MAC                PORT      VTEP      VLAN     AGE",
                "02:00:00:00:00:01  eth0@web  -            -    1.5s",
                "02:00:00:00:00:02  -         10.1.0.1    12  static",
            ])
    }

    @Test func statistics() {
        let ports = [
            Samples.port(frames: 7),
            Samples.port("eth0@db", frames: 1_000_000, drops: ["b": 1, "ring-full": 30, "a": 1, "none": 0]),
        ]
        #expect(
            StatsCommand.table(Statistics(ports: ports)).lines(styled: false) == [
                "PORT      NETWORK  RX-FRAMES  RX-BYTES  TX-FRAMES  TX-BYTES  DROPS  REASONS",
                "eth0@web  lan              7     700 B         14   1.40 kB      0",
                "eth0@db   lan        1000000    100 MB    2000000    200 MB     32  ring-full=30 a=1 b=1",
            ])
    }

    @Test func rates() {
        let before = Statistics(ports: [Samples.port(frames: 100), Samples.port("eth0@old", frames: 9)])
        let after = Statistics(ports: [
            Samples.port(frames: 300, drops: ["ring-full": 10]), Samples.port("eth0@new", frames: 50),
        ])
        let rates = StatsRates(from: before, to: after, seconds: 2)
        #expect(rates.rows.count == 2)
        #expect(rates.rows[0].receivedFrames == 100)
        #expect(rates.rows[0].receivedBits == 80_000)
        #expect(rates.rows[0].sentFrames == 200)
        #expect(rates.rows[0].sentBits == 160_000)
        #expect(rates.rows[0].drops == ["ring-full": 5])
        #expect(rates.rows[1].receivedFrames == nil && rates.rows[1].drops.isEmpty)
        #expect(
            rates.table.lines(styled: false) == [
                "PORT      NETWORK  RX-FRAMES/s      RX-RATE  TX-FRAMES/s     TX-RATE  DROPS/s  REASONS",
                "eth0@web  lan              100  80.0 kbit/s          200  160 kbit/s        5  ring-full=5",
                "eth0@new  lan                -            -            -           -        0",
            ])
    }

    @Test func countersThatWentBackHaveNoRate() {
        let before = Statistics(ports: [Samples.port(frames: 100, drops: ["ring-full": 9])])
        let after = Statistics(ports: [Samples.port(frames: 3, drops: ["ring-full": 1])])
        let rates = StatsRates(from: before, to: after, seconds: 1)
        #expect(rates.rows[0].receivedFrames == nil)
        #expect(rates.rows[0].drops.isEmpty)
        #expect(StatsRates(from: before, to: before, seconds: 0).rows[0].receivedFrames == nil)
    }
}
