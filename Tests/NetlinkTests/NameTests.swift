import Glibc
import Netlink
import SystemPackage
import Testing

@Suite("Names of interfaces and sandboxes")
struct NameTests {
    @Test("interface names", arguments: ["eth0", "a", "v4095", "fifteen-bytes-x", "eth0.100", "é", "...", "@"])
    func acceptedNames(text: String) throws {
        #expect(try InterfaceName(parsing: text).text == text)
        #expect(InterfaceName(text)?.description == text)
    }

    @Test(
        "what is no interface name",
        arguments: [
            ("", InterfaceName.Reason.empty), ("sixteen-bytes-xx", .tooLong(bytes: 16)),
            ("éééééééé", .tooLong(bytes: 16)),
            (".", .reserved), ("..", .reserved), ("a/b", .unexpectedCharacter("/")), ("a:1", .unexpectedCharacter(":")),
            ("a b", .unexpectedCharacter(" ")), ("a\n", .unexpectedCharacter("\n")),
            ("eth%d", .unexpectedCharacter("%")),
            ("a\0", .unexpectedCharacter("\0")), ("a\u{a0}", .unexpectedCharacter("\u{a0}")),
            ("\u{7f}", .unexpectedCharacter("\u{7f}")), ("a\u{2003}", .unexpectedCharacter("\u{2003}")),
            ("\u{b}", .unexpectedCharacter("\u{b}")),
        ])
    func refusedNames(text: String, reason: InterfaceName.Reason) {
        #expect(throws: InterfaceName.Invalid(text: text, reason: reason)) { try InterfaceName(parsing: text) }
        #expect(InterfaceName(text) == nil)
    }

    @Test("the error names the text, the reason and the way out")
    func nameError() {
        let error = #expect(throws: InterfaceName.Invalid.self) { try InterfaceName(parsing: "sixteen-bytes-xx") }
        #expect(
            error?.description
                == #""sixteen-bytes-xx" is not an interface name: it has 16 bytes (use at most 15)"#)
    }

    @Test("names that are accepted are the kernel's too", .enabled(if: KernelLab.isRoot, KernelLab.reason))
    func kernelAgrees() throws {
        let session = try RouteSocket(in: NetworkNamespace.make())
        for text in ["fifteen-bytes-x", "eth0.100", "é", "...", "@", "a*b", "a\"b"] {
            try session.createBridge(NewLink(name: InterfaceName(parsing: text)))
            #expect(try session.link(named: text)?.name == text)
        }
    }

    @Test(
        "references to sandboxes",
        arguments: [
            ("blue", SandboxReference.name("blue"), "/run/netns/blue"), ("a b", .name("a b"), "/run/netns/a b"),
            ("...", .name("..."), "/run/netns/..."), ("pid", .name("pid"), "/run/netns/pid"),
            ("/run/netns/blue", .path("/run/netns/blue"), "/run/netns/blue"),
            ("/proc/1/ns/net", .path("/proc/1/ns/net"), "/proc/1/ns/net"),
            ("pid:1", .pid(1), "/proc/1/ns/net"), ("pid:2147483647", .pid(.max), "/proc/2147483647/ns/net"),
        ])
    func acceptedReferences(text: String, reference: SandboxReference, path: String) throws {
        #expect(try SandboxReference(parsing: text) == reference)
        #expect(reference.path == path && reference.description == text)
    }

    @Test(
        "what refers to no sandbox",
        arguments: [
            "", ".", "..", "a/b", "../x", "./x", "pid:", "pid:0", "pid:-1", "pid:+1", "pid:1x", "pid: 1",
            "pid:2147483648",
            "pid:99999999999999999999", "a\0b", "a\nb", "/a\0b", String(repeating: "a", count: 256),
            "/" + String(repeating: "a", count: 4095),
        ])
    func refusedReferences(text: String) {
        let error = #expect(throws: SandboxError.self) { try SandboxReference(parsing: text) }
        #expect(error?.text == text && error?.errno == nil)
        #expect(error?.description.contains("use a name under /run/netns, an absolute path, or pid:N") == true)
        #expect(error?.description.unicodeScalars.contains("\0") == false)
        #expect((error?.description.count ?? 0) < 300)
        #expect(SandboxReference(text) == nil)
    }

    @Test(
        "opening says what is wrong and what to do",
        arguments: [
            ("hdt-no-such-sandbox", Errno.noSuchFileOrDirectory, "list them with `ip netns`"),
            ("/nowhere/at/all", .noSuchFileOrDirectory, "/nowhere/at/all does not exist"),
            ("/etc/hostname", .invalidArgument, "/etc/hostname is not a network namespace"),
            ("pid:2147483647", .noSuchFileOrDirectory, "there is no such process"),
        ])
    func openErrors(text: String, errno: Errno, part: String) throws {
        let reference = try SandboxReference(parsing: text)
        let error = #expect(throws: SandboxError.self) { try reference.open() }
        #expect(error?.errno == errno)
        #expect(error?.description.contains(part) == true, "\(error as Any)")
        #expect(!reference.exists)
    }

    @Test("opening a process and a path", .enabled(if: KernelLab.isRoot, KernelLab.reason))
    func open() throws {
        let home = try NetworkNamespace.current()
        #expect(try SandboxReference.pid(getpid()).open() == home)
        #expect(try SandboxReference.path("/proc/self/ns/net").open() == home)
        #expect(SandboxReference.pid(getpid()).exists)
    }
}
