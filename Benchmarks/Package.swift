// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building Heddle needs none of what measuring it needs. `traits: []`: the traits bring
// interposers for malloc and the runtime, which are not available; CAllocationCounter counts instead.
let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "heddle", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "DataPlaneBenchmarks",
            dependencies: [
                .product(name: "DataPlane", package: "heddle"),
                .product(name: "CAllocationCounter", package: "heddle"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/DataPlaneBenchmarks",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .treatAllWarnings(as: .error),
            ],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ],
    swiftLanguageModes: [.v6]
)
