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
let fuzzers = ["frame", "stations", "messages", "netlink", "tunnel", "nat", "router", "names"]

let package = Package(
    name: "Fuzzing",
    dependencies: [.package(name: "heddle", path: "..")],
    targets: [
        .target(
            name: "FuzzTargets",
            dependencies: [
                .product(name: "DataPlane", package: "heddle"), .product(name: "Netlink", package: "heddle"),
                .product(name: "NameService", package: "heddle"),
            ],
            swiftSettings: settings)
    ]
        + fuzzers.map { name in
            .executableTarget(name: "fuzz-\(name)", dependencies: ["FuzzTargets"])
        },
    swiftLanguageModes: [.v6]
)
