import Foundation
import Glibc
import Netlink

/// A headless Chromium in a network namespace, driven by the DevTools protocol over two pipes
/// (https://chromedevtools.github.io/devtools-protocol/, `--remote-debugging-pipe`: JSON texts, each with a zero behind it).
final class Browser {
    private let directory: String
    private let program: RunningProgram
    private let requests: Int32
    private let answers: Int32
    private var seen: [UInt8] = []
    private var number = 0
    private var session: String?

    /// Starts it with one empty page of that size.
    init(in namespace: NetworkNamespace, width: Int = 1280, height: Int = 800) throws {
        directory = "/tmp/hdt-browser-" + String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
        guard mkdir(directory, 0o700) == 0 else { throw LabError.system("make \(directory)") }
        let ends = ["\(directory)/requests", "\(directory)/answers"]
        for path in ends where mkfifo(path, 0o600) != 0 { throw LabError.system("make \(path)") }
        // Open at both ends, so that neither side waits for the other.
        requests = Glibc.open(ends[0], O_RDWR | O_CLOEXEC)
        answers = Glibc.open(ends[1], O_RDWR | O_CLOEXEC)
        let words = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--user-data-dir=\(directory)/profile", "--remote-debugging-pipe", "about:blank",
        ].joined(separator: " ")
        program = try RunningProgram(
            try Programs.system("sh"),
            ["-c", "exec \(try Programs.system("chromium")) \(words) 3<\(ends[0]) 4>\(ends[1])"],
            in: namespace, environment: ["HOME": directory], errors: "\(directory)/log")
        let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"] as? String
        let attached = try call("Target.attachToTarget", ["targetId": target ?? "", "flatten": true])
        session = attached["sessionId"] as? String
        _ = try call("Page.enable")
        _ = try call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    deinit {
        session = nil
        _ = try? call("Browser.close", within: .seconds(5))
        program.wait(within: .seconds(5))
        program.kill()
        // Its helpers end when it does; what doesn't is known by the profile that only it has.
        _ = Patience.until(.seconds(5)) { helpers.isEmpty }
        for pid in helpers { kill(pid, SIGKILL) }
        close(requests)
        close(answers)
        try? FileManager.default.removeItem(atPath: directory)
    }

    private var helpers: [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.filter { pid in
            let words = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))) ?? Data()
            return String(decoding: words, as: UTF8.self).contains("--user-data-dir=\(directory)/profile")
        }
    }

    /// Goes to an address.
    func open(_ address: String) throws {
        _ = try call("Page.navigate", ["url": address])
    }

    /// Light or dark, as the system would say it.
    func prefer(_ scheme: String) throws {
        _ = try call("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": scheme]]])
    }

    /// The value of a JavaScript expression.
    func value(_ expression: String) throws -> Any? {
        let answer = try call("Runtime.evaluate", ["expression": expression, "returnByValue": true])
        if let details = answer["exceptionDetails"] { throw LabError("\(expression): \(details)") }
        return (answer["result"] as? [String: Any])?["value"]
    }

    /// The text of what a selector finds first; empty if it finds nothing.
    func text(_ selector: String) throws -> String {
        try value("document.querySelector(\(Self.quoted(selector)))?.textContent ?? ''") as? String ?? ""
    }

    /// Clicks the middle of what a selector finds first, as a mouse does.
    func click(_ selector: String) throws {
        let place = try value(
            """
            (() => { const box = document.querySelector(\(Self.quoted(selector))).getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; })()
            """)
        guard let point = place as? [Double], point.count == 2 else { throw LabError("there is no \(selector)") }
        for kind in ["mousePressed", "mouseReleased"] {
            _ = try call(
                "Input.dispatchMouseEvent",
                ["type": kind, "x": point[0], "y": point[1], "button": "left", "clickCount": 1])
        }
    }

    /// Presses a key.
    func press(_ key: String, code: Int) throws {
        for kind in ["rawKeyDown", "keyUp"] {
            _ = try call("Input.dispatchKeyEvent", ["type": kind, "key": key, "windowsVirtualKeyCode": code])
        }
    }

    /// What the page looks like, as PNG.
    func picture() throws -> Data {
        let answer = try call("Page.captureScreenshot", ["format": "png"])
        return Data(base64Encoded: answer["data"] as? String ?? "") ?? Data()
    }

    private static func quoted(_ text: String) -> String {
        let json = (try? JSONEncoder().encode(text)) ?? Data("\"\"".utf8)
        return String(decoding: json, as: UTF8.self)
    }

    /// Sends a request and waits for its answer; events in between are passed over.
    @discardableResult
    private func call(
        _ method: String, _ parameters: [String: Any] = [:], within limit: Duration = .seconds(30)
    ) throws -> [String: Any] {
        number += 1
        var request: [String: Any] = ["id": number, "method": method, "params": parameters]
        if let session { request["sessionId"] = session }
        let bytes = Array(try JSONSerialization.data(withJSONObject: request)) + [0]
        guard write(requests, bytes, bytes.count) == bytes.count else { throw LabError.system("write to Chromium") }
        let deadline = ContinuousClock.now + limit
        while true {
            let answer = try next(until: deadline, method)
            guard answer["id"] as? Int == number else { continue }
            if let error = answer["error"] { throw LabError("\(method): \(error)") }
            return answer["result"] as? [String: Any] ?? [:]
        }
    }

    private func next(until deadline: ContinuousClock.Instant, _ method: String) throws -> [String: Any] {
        var searched = 0
        while true {
            if let end = seen[searched...].firstIndex(of: 0) {
                let text = Data(seen[..<end])
                seen.removeFirst(end + 1)
                return try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
            }
            searched = seen.count
            var entry = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
            let left = max(.zero, deadline - .now)
            guard poll(&entry, 1, Int32(left.milliseconds.rounded(.up))) > 0 else {
                let log = (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? ""
                throw LabError("Chromium doesn't answer \(method): \(log.suffix(500))")
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(answers, &buffer, buffer.count)
            guard count > 0 else { throw LabError.system("read from Chromium") }
            seen += buffer.prefix(count)
        }
    }
}
