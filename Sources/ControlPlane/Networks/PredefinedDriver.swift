import HeddleAPI

/// A driver with one network, which has the driver's name and, like the default one, is made when a sandbox first joins
/// it: what Docker calls predefined.
enum PredefinedDriver: String, CaseIterable, Sendable {
    /// The sandbox is on the host's own network.
    case host
    /// The sandbox is on no network.
    case none

    /// How its endpoints are attached.
    var via: EndpointRecord.Via {
        switch self {
        case .host: .host
        case .none: .loopback
        }
    }

    /// Refuses what such a network can't have. `request` names the driver.
    func check(_ request: NetworkRequest) throws(APIError) {
        guard request.name == rawValue else {
            throw .invalid(
                "the driver \(rawValue) has one network, which is named \(rawValue) too",
                hint: "'heddle attach \(rawValue) SANDBOX' joins it; it is there without being made.")
        }
        let settings: [(String, Bool)] = [
            ("--subnet", request.subnets?.isEmpty == false), ("--gateway", request.gateways?.isEmpty == false),
            ("--ip-range", request.ipRanges?.isEmpty == false), ("--mtu", request.mtu != nil),
            ("--internal", request.internal == true), ("--isolated", request.isolated == true),
            ("--route", request.route == true),
        ]
        if let (option, _) = settings.first(where: { $0.1 }) {
            throw .invalid(
                "the network \(rawValue) has nothing to set: \(option) means nothing for it",
                hint: "Leave it out, or use --driver bridge.")
        }
        if let key = request.options?.keys.min() {
            throw .invalid(
                "the option \(APIError.quoted(key)) means nothing for the driver \(rawValue)", hint: "Leave it out.")
        }
    }

    /// Refuses a network of another driver that has the name of a predefined one.
    static func refuseName(of request: NetworkRequest, driver: String) throws(APIError) {
        guard let taken = Self(rawValue: request.name) else { return }
        throw .invalid(
            "no network of the driver \(driver) can be named \(taken.rawValue): that is the name of the driver"
                + " \(taken.rawValue)'s network",
            hint: "Choose another name.")
    }
}

extension NetworkRecord {
    /// The driver, if it is a predefined one.
    var predefined: PredefinedDriver? { PredefinedDriver(rawValue: driver) }
}
