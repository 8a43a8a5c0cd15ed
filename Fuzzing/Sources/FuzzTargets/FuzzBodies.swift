import Foundation
import HTTPTypes
import HeddleAPI

@testable import ControlAPI

/// One body for everything that takes one, of Docker's plug-in protocol and of the daemon's own API; the same bytes as a
/// request's target. What isn't understood is refused in few words.
@_cdecl("heddle_fuzz_bodies")
public func fuzzBodies(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let data = Data(UnsafeBufferPointer(start: start, count: count))
    readDocker(data, as: DockerIdentity.self)
    readDocker(data, as: DockerCreateNetwork.self)
    readDocker(data, as: DockerCreateEndpoint.self)
    readDocker(data, as: DockerPublish.self)
    readDocker(data, as: DockerRequestPool.self)
    readDocker(data, as: DockerAddressRequest.self)
    let bodies: [any BodyDecodable.Type] = [
        NetworkRequest.self, AttachRequest.self, DetachRequest.self, AdoptRequest.self, ReleaseRequest.self,
        PublishRequest.self, UnpublishRequest.self, Peer.self, StationRequest.self,
    ]
    for type in bodies { read(data, as: type) }
    route(String(decoding: data, as: UTF8.self))
    return 0
}

private func readDocker<Body: Decodable>(_ data: Data, as type: Body.Type) {
    do throws(DockerBodyError) {
        _ = try DockerMessage.read(data, as: type)
    } catch {
        require(!error.reason.isEmpty && error.reason.utf8.count < 8_192, "a refusal without an end")
    }
}

private func read<Body: BodyDecodable>(_ data: Data, as type: Body.Type) {
    do throws(Refusal) {
        _ = try type.decode(data)
    } catch {
        require(error.status.code >= 400 && !error.error.message.isEmpty, "a refusal that is none")
    }
}

private func route(_ target: String) {
    _ = DockerMethod(path: target)
    for method in [HTTPRequest.Method.get, .post, .delete] {
        do throws(Refusal) {
            _ = try Route(method: method, target: target)
            require(target.hasPrefix("/"), "a path that doesn't begin as one")
        } catch {
            require(error.status.code >= 400 && !error.error.message.isEmpty, "a refusal that is none")
        }
    }
}
