import Exposition
import HTTPTypes
import HeddleAPI
import HeddleClient
import Testing

@testable import ControlAPI

/// Requests to the control API as metrics count them.
struct RequestTimesTests {
    private func lines(_ times: RequestTimes) -> Set<String> {
        let text = String(decoding: MetricsText.bytes(of: times.metricFamilies()), as: UTF8.self)
        return Set(text.split(separator: "\n").map(String.init))
    }

    @Test func requestsAreCountedByTheirTemplate() {
        let times = RequestTimes()
        for name in ["lan", "wan", "%2F"] {
            times.record(.get, target: "/v1/networks/\(name)", status: 200, took: .milliseconds(1))
        }
        times.record(.get, target: "/v1/networks/nosuch", status: 404, took: .milliseconds(1))
        times.record(.get, target: "/v1/endpoints?network=lan", status: 200, took: .seconds(2))
        times.record(.delete, target: "/v1/networks/lan", status: 204, took: .zero)
        let lines = lines(times)
        for line in [
            #"heddle_api_requests_total{route="/v1/networks/{name}",method="GET",status="200"} 3"#,
            #"heddle_api_requests_total{route="/v1/networks/{name}",method="GET",status="404"} 1"#,
            #"heddle_api_requests_total{route="/v1/networks/{name}",method="DELETE",status="204"} 1"#,
            #"heddle_api_requests_total{route="/v1/endpoints",method="GET",status="200"} 1"#,
            #"heddle_api_request_duration_seconds_count{route="/v1/networks/{name}",method="GET"} 4"#,
            #"heddle_api_request_duration_seconds_bucket{route="/v1/networks/{name}",method="GET",le="0.001"} 4"#,
            #"heddle_api_request_duration_seconds_bucket{route="/v1/endpoints",method="GET",le="1"} 0"#,
            #"heddle_api_request_duration_seconds_bucket{route="/v1/endpoints",method="GET",le="2.5"} 1"#,
            #"heddle_api_request_duration_seconds_sum{route="/v1/endpoints",method="GET"} 2"#,
        ] { #expect(lines.contains(line), "\(line)") }
    }

    @Test func whatAClientWritesMakesNoSeries() throws {
        let times = RequestTimes()
        for number in 0..<1_000 {
            for target in ["/v1/\(number)", "/\(number)", "\(number)", "", "/v1/networks/a/\(number)", "/v2/status"] {
                times.record(.get, target: target, status: 404, took: .zero)
            }
            times.record(try #require(.init("M\(number)")), target: "/v1/status", status: 405, took: .zero)
        }
        let lines = lines(times)
        #expect(lines.count == 4 + 2 + DurationHistogram.bounds.count + 3)
        #expect(lines.contains(#"heddle_api_requests_total{route="other",method="other",status="404"} 6000"#))
        #expect(lines.contains(#"heddle_api_requests_total{route="other",method="other",status="405"} 1000"#))
    }

    @Test func theServerTellsOfEachRequest() async throws {
        let times = RequestTimes()
        try await withDirectory { directory in
            let socket = directory + "/heddle.sock"
            try await serving(at: socket, times: times) {
                try await blocking {
                    let client = DaemonClient(socketPath: socket)
                    for _ in 0..<3 { _ = try client.networks() }
                }
            }
        }
        let lines = lines(times)
        #expect(lines.contains(#"heddle_api_requests_total{route="/v1/networks",method="GET",status="200"} 3"#))
        #expect(lines.contains(#"heddle_api_request_duration_seconds_count{route="/v1/networks",method="GET"} 3"#))
    }
}
