import Testing

@testable import Lab

/// What `check` refuses because `up` or `down` would fail with it.
struct LabRefusalTests {
    private static func problems(_ text: String) -> [String] { LabReaderTests.problems(text) }

    @Test func theLabSaysItselfWhereADaemonIs() {
        let found = Self.problems(
            """
            hosts:
              h: {arguments: [--workers, "2", --socket=/tmp/s, --state-dir, /tmp/d]}
              i: {arguments: --teardown}
            """)
        #expect(
            found == [
                "lab.yaml:2: hosts.h.arguments[2]: the lab says --socket itself: leave it out",
                "lab.yaml:2: hosts.h.arguments[3]: the lab says --state-dir itself: leave it out",
                "lab.yaml:3: hosts.i.arguments: the lab says --teardown itself: leave it out",
            ])
    }
}
