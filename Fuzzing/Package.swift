// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// One executable for each entry of libFuzzer. The entry is C: SwiftPM renames the `main` of Swift executables, and
/// libFuzzer brings its own.
let fuzzers = [
    "frame", "stations", "messages", "netlink", "tunnel", "nat", "router", "names", "bodies", "labs",
    "frametext",
]

let package = Package(
    name: "Fuzzing",
    dependencies: [
        .package(name: "heddle", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .target(
            name: "FuzzTargets",
            dependencies: [
                .product(name: "DataPlane", package: "heddle"), .product(name: "Netlink", package: "heddle"),
                .product(name: "NameService", package: "heddle"), .product(name: "ControlAPI", package: "heddle"),
                .product(name: "HeddleAPI", package: "heddle"), .product(name: "Lab", package: "heddle"),
                .product(name: "FrameText", package: "heddle"), .product(name: "Capture", package: "heddle"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings)
    ]
        + fuzzers.map { name in
            .executableTarget(name: "fuzz-\(name)", dependencies: ["FuzzTargets"])
        },
    swiftLanguageModes: [.v6]
)
