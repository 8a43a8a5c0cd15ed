// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: Swift 6, warnings are errors.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "heddle",
    products: [
        .executable(name: "heddled", targets: ["heddled"]),
        .executable(name: "heddle-engine", targets: ["heddle-engine"]),
        .executable(name: "heddle", targets: ["heddle"]),
        .library(name: "DataPlane", targets: ["DataPlane"]),
        .library(name: "Netlink", targets: ["Netlink"]),
        .library(name: "NameService", targets: ["NameService"]),
        // For Fuzzing/.
        .library(name: "ControlAPI", targets: ["ControlAPI"]),
        .library(name: "HeddleAPI", targets: ["HeddleAPI"]),
        .library(name: "Lab", targets: ["Lab"]),
        .library(name: "FrameText", targets: ["FrameText"]),
        .library(name: "Capture", targets: ["Capture"]),
        // For Benchmarks/.
        .library(name: "CAllocationCounter", targets: ["CAllocationCounter"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // What Hummingbird is made of, named because ControlAPI speaks to it directly.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        // Reads lab files, and Documentation/openapi.yaml in tests.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The kernel's constants, macros and calls that Swift cannot import.
        .target(name: "CLinux"),
        // MAC and IP addresses as values: parsing and printing, nothing else.
        .target(name: "Addresses", swiftSettings: settings),
        // Everything that touches a frame.
        .target(
            name: "DataPlane", dependencies: ["CLinux", "Addresses", system],
            // @_extern(c): the frame path calls C functions that are declared free of allocation and locks.
            swiftSettings: settings + [.enableExperimentalFeature("Extern")]),
        // rtnetlink and network namespaces.
        .target(name: "Netlink", dependencies: ["CLinux", "Addresses", system], swiftSettings: settings),
        // Address pools: pure.
        .target(name: "AddressManagement", dependencies: ["Addresses"], swiftSettings: settings),
        // Numbers as Prometheus reads them: pure.
        .target(name: "Exposition", swiftSettings: settings),
        // What a network's name service answers: bytes in, bytes out.
        .target(name: "NameService", dependencies: ["Addresses"], swiftSettings: settings),
        // The sockets of name services, and the host's resolvers.
        .target(
            name: "NameServer",
            dependencies: [
                "NameService", "Addresses", "Exposition", logging,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // pcapng written and read, frames in a line, files that are rotated: pure, but for the files.
        .target(name: "Capture", dependencies: ["Addresses", system], swiftSettings: settings),
        // Frames as people write them, read and made: pure.
        .target(name: "FrameText", dependencies: ["Addresses"], swiftSettings: settings),
        // tcpdump's filter language: the daemon's only use of libpcap.
        .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),
        .target(name: "PacketFilter", dependencies: ["CPcap"], swiftSettings: settings),
        // The JSON that the daemon and its clients exchange.
        .target(name: "HeddleAPI", dependencies: ["Addresses"], swiftSettings: settings),
        // The daemon's HTTP API as its small clients see it: no NIO.
        .target(name: "HeddleClient", dependencies: ["HeddleAPI", system], swiftSettings: settings),
        // Networks, endpoints, durable state, reconciliation, the engine's other half.
        .target(
            name: "ControlPlane",
            dependencies: [
                "DataPlane", "Netlink", "AddressManagement", "Addresses", "CLinux", "HeddleAPI", "Relay", system,
                "NameService", "NameServer", "Exposition", "Capture", "PacketFilter", "FrameText", logging,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        // The web page, as a browser gets it.
        .target(name: "Page", resources: [.embedInCode("Document")], swiftSettings: settings),
        // HTTP over a unix socket, and for browsers.
        .target(
            name: "ControlAPI",
            dependencies: [
                "HeddleAPI", "Page", "Exposition", logging, system,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        // Published ports for clients on the host itself.
        .target(
            name: "Relay",
            dependencies: [
                "Addresses", "CLinux", logging,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // Measuring against the kernel, side by side.
        .target(
            name: "Bench",
            dependencies: ["DataPlane", "Netlink", "Addresses", "CLinux", "HeddleAPI", "HeddleClient", system],
            swiftSettings: settings),
        // Labs: a file that describes nodes, networks and hosts, and what makes it real.
        .target(
            name: "Lab",
            dependencies: [
                "HeddleAPI", "HeddleClient", "Netlink", "Addresses", "AddressManagement", "CLinux", system,
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "heddled",
            dependencies: [
                "ControlPlane", "ControlAPI", "HeddleAPI", "Exposition", arguments, logging,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "heddle-engine", dependencies: ["DataPlane", "CLinux", system], swiftSettings: settings),
        .executableTarget(
            name: "heddle",
            dependencies: [
                "Bench", "Capture", "FrameText", "Lab", "HeddleAPI", "HeddleClient", "Addresses", arguments, system,
            ],
            swiftSettings: settings),

        // Counts allocations in tests and benchmarks.
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        // Compares the families with Documentation/Metrics.md and Examples/monitoring.
        .testTarget(
            name: "ExpositionTests", dependencies: ["Exposition", .product(name: "Yams", package: "Yams")],
            exclude: ["Rules"], swiftSettings: settings),
        .testTarget(name: "AddressesTests", dependencies: ["Addresses"], swiftSettings: settings),
        .testTarget(
            name: "DataPlaneTests", dependencies: ["DataPlane", "Addresses", "CLinux", "CAllocationCounter", system],
            swiftSettings: settings),
        .testTarget(
            name: "NetlinkTests", dependencies: ["Netlink", "Addresses", "CLinux", system], swiftSettings: settings),
        .testTarget(
            name: "AddressManagementTests", dependencies: ["AddressManagement", "Addresses"], swiftSettings: settings),
        .testTarget(
            name: "NameServiceTests", dependencies: ["NameService", "Addresses"], swiftSettings: settings),
        .testTarget(
            name: "NameServerTests", dependencies: ["NameServer", "NameService", "Addresses", "Exposition", logging],
            swiftSettings: settings),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ControlPlane", "HeddleAPI", "DataPlane", "Netlink", "Addresses", "CLinux", "Exposition", "FrameText",
                logging, system,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CaptureTests", dependencies: ["Capture", "PacketFilter", "CPcap", "DataPlane", system],
            swiftSettings: settings),
        .testTarget(
            name: "FrameTextTests", dependencies: ["FrameText", "Addresses", "Capture"], swiftSettings: settings),
        .testTarget(name: "HeddleClientTests", dependencies: ["HeddleClient", "HeddleAPI"], swiftSettings: settings),
        .testTarget(
            name: "HeddleCommandTests", dependencies: ["heddle", "HeddleAPI", "Bench", "Lab", arguments],
            swiftSettings: settings),
        // The HTTP API and the command line against a control plane that only records what it is asked.
        .testTarget(
            name: "ControlAPITests",
            dependencies: [
                "ControlAPI", "Capture", "Exposition", "HeddleAPI", "HeddleClient", "heddle", logging, system,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Docker/Recorded"],
            swiftSettings: settings),
        .testTarget(name: "LabTests", dependencies: ["Lab", "HeddleAPI", "Addresses"], swiftSettings: settings),
        .testTarget(name: "BenchTests", dependencies: ["Bench", "Netlink", "Addresses"], swiftSettings: settings),
        // The whole of Heddle on the real kernel, in namespaces that the tests make and remove. Needs root.
        .testTarget(
            name: "KernelTests",
            dependencies: [
                "DataPlane", "Netlink", "Addresses", "HeddleAPI", "HeddleClient", "CLinux", "ControlPlane", "heddled",
                "heddle-engine", "heddle", "Relay", "Exposition", logging, system,
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
