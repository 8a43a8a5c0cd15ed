import Foundation
import Glibc
import HeddleAPI
import HeddleClient
import Netlink
import Testing

/// The web page in a real browser, with real traffic and real drops. The pictures of the documents are made here: see
/// Testing.md.
@Suite("Daemon: the page", .enabled(if: geteuid() == 0, "needs root"), .serialized, .lab)
struct PageTests {
    private static let port = 8090

    /// Where pictures are wanted; nil: nowhere.
    private static var pictures: String? { ProcessInfo.processInfo.environment["HEDDLE_PICTURES"] }

    /// What somebody calls a sandbox who wants the page to run it.
    private static let hostile = "<img src=x onerror=document.title=1>"

    /// A host with an uplink, three networks, seven endpoints.
    private static func furnish(_ lab: HeddleUnderTest) throws -> [String: TestSandbox] {
        let ip = try Programs.system("ip")
        lab.ownInterfaces.formUnion(["up0", "up1"])
        for words in [
            "link add up0 type veth peer name up1", "addr add 198.18.0.1/24 dev up0", "link set up0 up",
            "link set up1 up",
        ] {
            let outcome = try lab.finish(ip, words.split(separator: " ").map(String.init))
            guard outcome.status == 0 else { throw LabError("ip \(words): \(outcome.errors)") }
        }
        try lab.start(["--page", "\(port)"])
        for words in [
            "network create lan --subnet 10.0.0.0/24", "network create cage --isolated --internal --subnet 10.9.0.0/24",
            "network create blue --driver overlay --vni 42 --local 198.18.0.1 --peer 198.18.0.2 --subnet 10.42.0.0/24",
        ] { #expect(try lab.heddle(words.split(separator: " ").map(String.init)).status == 0, "\(words)") }
        var boxes: [String: TestSandbox] = [:]
        for name in ["web", "db", "cache", "a", "b"] {
            let box = try lab.makeSandbox(name)
            boxes[name] = box
            let isCaged = name.count == 1
            _ = try lab.client.attach(
                AttachRequest(
                    network: isCaged ? "cage" : "lan", sandbox: box.name, via: isCaged ? "veth" : "tap", name: name))
            if name == "web" { try lab.attach(box, to: "blue", ifname: "eth1") }
        }
        try lab.attach(try lab.makeSandbox(hostile), to: "blue")
        #expect(try lab.heddle("impair", "\(lab.tag)-cache", "--delay", "20ms", "--loss", "2%").status == 0)
        #expect(try lab.heddle("publish", "add", "lan", "\(lab.tag)-web", "8080:80").status == 0)
        return boxes
    }

    private static func background(_ words: String, in box: TestSandbox?) throws -> RunningProgram {
        let all = words.split(separator: " ").map(String.init)
        return try RunningProgram(try Programs.system(all[0]), Array(all.dropFirst()), in: try box?.open())
    }

    /// Waits until an expression is true in the browser.
    private static func until(
        _ browser: Browser, _ expression: String, within limit: Duration = .seconds(15)
    ) throws
        -> Bool
    {
        try Patience.until(limit) {
            usleep(100_000)
            return try browser.value(expression) as? Bool == true
        }
    }

    private static func keep(_ picture: Data, _ name: String) throws {
        // PNG: the signature, then IHDR with width and height (RFC 2083, 11.2.1).
        #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
        #expect(picture.count > 10_000, "a blank page is smaller")
        let size = picture.dropFirst(16).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(size == 1280 << 32 | 800)
        if let pictures { try picture.write(to: URL(fileURLWithPath: "\(pictures)/\(name).png")) }
    }

    private static func card(_ lab: HeddleUnderTest, _ name: String, _ network: String) -> String {
        "[aria-label='eth0@\(lab.tag)-\(name) on \(network)']"
    }

    @Test("shows endpoints, rates, drops and counters, and that the daemon is gone")
    func page() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            let boxes = try Self.furnish(lab)
            let browser = try Browser(in: try lab.host.open())
            try browser.open("http://127.0.0.1:\(Self.port)/")
            let count = "document.querySelectorAll('.card[aria-label*=\" on \"]').length === 7"
            #expect(try Self.until(browser, count), "all endpoints are there")
            #expect(try browser.text("#state").hasPrefix("live"))
            let text = try browser.text("#topology")
            for word in [
                "host ", "lan", "cage", "blue", "10.0.0.0/24", "VNI 42", "198.18.0.2", "uplink 198.18.0.1", "8080→80",
            ] {
                #expect(text.contains(word), "\(word)")
            }
            #expect(text.contains("≈ delay 20ms, loss 2%"))
            let drops = "document.querySelectorAll('.card.drops[aria-label*=\" on \"]').length"
            #expect(try browser.value(drops) as? Int == 0)
            #expect(try browser.value(Self.isTidy) as? Bool == true)
            try Self.checkTopology(lab)
            try Self.checkHostileName(browser)

            // Traffic, and drops between isolated endpoints.
            guard let db = boxes["db"], let a = boxes["a"] else { throw LabError("no sandboxes") }
            let b = try lab.client.endpoints(network: "cage").first { $0.sandbox.hasSuffix("-b") }
            let target = try #require(b?.addresses.first?.split(separator: "/").first)
            let neighbour = "neigh add \(target) lladdr \(try #require(b?.mac)) dev eth0"
            #expect(try lab.succeeds(["ip"] + neighbour.split(separator: " ").map(String.init), in: a))
            let pings = [
                try Self.background("ping -q -i 0.01 -s 1000 10.0.0.2", in: db),
                try Self.background("ping -q -i 0.05 \(target)", in: a),
            ]
            let dbCard = Self.card(lab, "db", "lan")
            let isBusy = "[...document.querySelectorAll('.rate.on')].length > 1"
            #expect(try Self.until(browser, isBusy), "edges have rates")
            #expect(try Self.until(browser, "/bit/.test(document.getElementById('total-rx').textContent)"))
            let isRed =
                "document.querySelector(\"\(Self.card(lab, "a", "cage"))\")?.classList.contains('drops') === true"
            #expect(try Self.until(browser, isRed), "drops are seen")
            let note = try browser.text(Self.card(lab, "a", "cage"))
            #expect(note.contains("✕ isolated"), "\(note)")
            #expect(try browser.value("document.getElementById('total-drops').className") as? String == "bad")
            let red = "getComputedStyle(document.querySelector('.drop-text')).fill === 'rgb(209, 36, 47)'"
            #expect(try browser.value(red) as? Bool == true)
            _ = try browser.value("document.activeElement.blur(); 0")
            try Self.keep(try browser.picture(), "page")

            // A click opens the counters, which go on; a key closes them; keys alone do as well.
            try browser.click(dbCard)
            #expect(try Self.until(browser, "!document.getElementById('panel').hidden"))
            _ = try browser.value("window.kept = document.querySelector(\"\(dbCard)\"); 0")
            _ = try browser.value("getSelection().selectAllChildren(document.querySelector('#panel td')); 0")
            let panel = try browser.text("#panel")
            for word in ["eth0@\(lab.tag)-db", "received", "10.0.0.3/24", "forwarded"] {
                #expect(panel.contains(word), "\(word) in \(panel)")
            }
            let before = try browser.text("#panel")
            #expect(try Patience.until { try browser.text("#panel") != before }, "counters go on")
            #expect(try browser.value("window.kept === document.querySelector(\"\(dbCard)\")") as? Bool == true)
            #expect(try browser.value("getSelection().toString()") as? String == "lan", "what is marked stays marked")
            _ = try browser.value("getSelection().removeAllRanges(); 0")
            try browser.prefer("dark")
            try Self.keep(try browser.picture(), "page-counters")
            try browser.press("Escape", code: 27)
            #expect(try Self.until(browser, "document.getElementById('panel').hidden"))
            _ = try browser.value("document.querySelector(\"\(dbCard)\").focus()")
            try browser.press("Enter", code: 13)
            #expect(try Self.until(browser, "!document.getElementById('panel').hidden"))

            // Only what drops stays, if that is wished.
            try browser.click("#only-drops")
            let onlyRed =
                "[...document.querySelectorAll('.card[aria-label*=\" on \"]')]"
                + ".every((one) => one.classList.contains('drops'))"
            #expect(try Self.until(browser, onlyRed))
            #expect(try browser.text("#topology").contains("isolated"))
            try browser.click("#only-drops")

            // What doesn't fit the filter goes.
            _ = try browser.value(
                "(() => { const f = document.getElementById('filter'); f.value = '-db';"
                    + " f.dispatchEvent(new Event('input')); })()")
            let one = "document.querySelectorAll('.card[aria-label*=\" on \"]').length === 1"
            #expect(try Self.until(browser, one))

            // A daemon that is gone is told, and the next one is found.
            try lab.killDaemon()
            #expect(try Self.until(browser, "document.getElementById('state').className === 'state stale'"))
            try lab.start(["--page", "\(Self.port)"])
            #expect(try Self.until(browser, "document.getElementById('state').className === 'state live'"))
            withExtendedLifetime(pings) {}
            for ping in pings { ping.kill() }
        }
    }

    /// Nothing lies over something else, and every text within its card.
    private static let isTidy = """
        (() => {
          const cards = [...document.querySelectorAll('.card')].map((one) => [one, one.querySelector('rect').getBoundingClientRect()]);
          const isWithin = ([card, box]) => [...card.querySelectorAll('text')].map((one) => one.getBoundingClientRect())
            .every((text) => text.width === 0 || (text.left >= box.left && text.right <= box.right && text.bottom <= box.bottom));
          const isApart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
          return cards.length > 0 && cards.every(isWithin)
            && cards.every(([, a], place) => cards.slice(place + 1).every(([, b]) => isApart(a, b)));
        })()
        """

    /// The same as data, for other programs.
    private static func checkTopology(_ lab: HeddleUnderTest) throws {
        let topology = try lab.client.topology()
        #expect(topology.host.addresses == ["198.18.0.1/24"], "gateways aren't the host's own")
        #expect(topology.host.uplinks.contains { $0.name == "up0" && $0.addresses == ["198.18.0.1/24"] })
        #expect(
            topology.tunnels == [
                Topology.Tunnel(network: "blue", vni: 42, local: "198.18.0.1", port: 4789, peers: ["198.18.0.2"])
            ])
        #expect(Set(topology.ports.compactMap(\.endpoint)) == Set(topology.endpoints.map(\.id)))
        let kinds = Dictionary(grouping: topology.ports, by: \.kind).mapValues(\.count)
        #expect(kinds["host"] == 3 && kinds["overlay"] == 1 && kinds["tunnel"] == 1 && kinds["uplink"] == 2, "\(kinds)")
        #expect(topology.publish.map(\.hostPort) == [8080] && topology.impairments.count == 1)
    }

    /// A sandbox's name is any file's name: here one that would be an image and run a script.
    private static func checkHostileName(_ browser: Browser) throws {
        try browser.click("[aria-label*='<img']")
        #expect(try until(browser, "!document.getElementById('panel').hidden"))
        #expect(try browser.text("#panel").contains(hostile), "shown as it is written")
        #expect(try browser.value("document.querySelectorAll('img').length") as? Int == 0)
        #expect(try browser.value("document.title") as? String == "Heddle")
        try browser.press("Escape", code: 27)
        #expect(try until(browser, "document.getElementById('panel').hidden"))
    }

    @Test("a hundred endpoints are drawn apart from each other, at each look in the same places")
    func many() throws {
        try HeddleUnderTest.run(starting: false) { lab in
            try lab.start(["--page", "\(Self.port)"])
            try lab.makeNetwork("big", "10.7.0.0/16")
            try lab.makeNetwork("small", "10.8.0.0/24")
            let boxes = try (1...103).map { try lab.makeSandbox("n\($0)") }
            for (number, box) in boxes.enumerated() {
                let network = number < 100 ? "big" : "small"
                _ = try lab.client.attach(
                    AttachRequest(network: network, sandbox: box.name, name: "node-\(number + 1)"))
            }
            let browser = try Browser(in: try lab.host.open())
            try browser.open("http://127.0.0.1:\(Self.port)/")
            #expect(try Self.until(browser, "document.querySelectorAll('.card[aria-label*=\" on \"]').length === 103"))
            #expect(try browser.value(Self.isTidy) as? Bool == true)
            let pings = try (1...5).map { number in
                try Self.background("ping -q -i 0.0\(number) -s \(number * 200) 10.7.0.2", in: boxes[number * 9])
            }
            defer { for ping in pings { ping.kill() } }
            #expect(try Self.until(browser, "document.querySelectorAll('.card .rate.on').length > 5"), "rates in cards")
            #expect(try browser.value(Self.isTidy) as? Bool == true)
            try Self.keep(try browser.picture(), "page-many")
            let places =
                "[...document.querySelectorAll('.card')].map((one) => one.getAttribute('aria-label')"
                + " + one.getAttribute('transform')).sort().join()"
            let before = try browser.value(places) as? String
            try browser.open("http://127.0.0.1:\(Self.port)/")
            #expect(try Self.until(browser, "document.querySelectorAll('.card[aria-label*=\" on \"]').length === 103"))
            #expect(try browser.value(places) as? String == before)
        }
    }

    @Test("a port that is in use is told before anything is made")
    func portInUse() throws {
        try HeddleUnderTest.run { lab in
            let listener = try lab.host.inside { try InternetSocket.stream("127.0.0.1") }
            defer { close(listener) }
            try InternetSocket.bind(listener, "127.0.0.1", port: UInt16(Self.port))
            guard listen(listener, 1) == 0 else { throw LabError.system("listen") }
            try lab.killDaemon()
            let outcome = try lab.heddled(lab.places + ["--page", "\(Self.port)"])
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("cannot listen on 127.0.0.1:\(Self.port)"), "\(outcome.errors)")
            #expect(outcome.errors.contains("--page"))
            let bad = try lab.heddled(lab.places + ["--page", "somewhere"])
            #expect(bad.status == 64 && bad.errors.contains("[ADDRESS:]PORT"), "\(bad.errors)")
            try lab.start()
        }
    }
}
