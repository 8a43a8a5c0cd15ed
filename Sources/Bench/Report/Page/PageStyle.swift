/// The page's style sheet: system fonts, two palettes (light and dark), nothing loaded from anywhere.
enum PageStyle {
    /// A colour for each subject: the kernel's are greys, Heddle's are the strong ones, so that the eye finds what it
    /// looks for; told apart by colour-blind people too, and never by colour alone.
    private static let light = [
        "veth": "#9a9a94", "bridge": "#4a4a46", "heddle-tap": "#0b7a75", "heddle-veth": "#d1495b",
        "relay": "#7a5fb5", "ovs": "#b07d10", "vxlan": "#4a4a46", "heddle-vxlan": "#0b7a75",
        "heddle-to-vxlan": "#d1495b", "vxlan-to-heddle": "#7a5fb5", "nftables": "#4a4a46", "heddle": "#0b7a75",
        "heddle-relay": "#d1495b", "docker-proxy": "#b07d10", "host": "#9a9a94",
        "other-tap": "#9a9a94", "this-tap": "#0b7a75", "other-veth": "#4a4a46", "this-veth": "#d1495b",
    ]
    private static let dark = [
        "veth": "#8b8d8a", "bridge": "#d6d8d3", "heddle-tap": "#3cc4bb", "heddle-veth": "#ff8593",
        "relay": "#b79cf2", "ovs": "#e3b341", "vxlan": "#d6d8d3", "heddle-vxlan": "#3cc4bb",
        "heddle-to-vxlan": "#ff8593", "vxlan-to-heddle": "#b79cf2", "nftables": "#d6d8d3", "heddle": "#3cc4bb",
        "heddle-relay": "#ff8593", "docker-proxy": "#e3b341", "host": "#8b8d8a",
        "other-tap": "#8b8d8a", "this-tap": "#3cc4bb", "other-veth": "#d6d8d3", "this-veth": "#ff8593",
    ]

    /// The name of a subject's colour.
    static func colour(of subject: String) -> String { "var(--s-\(subject))" }

    static var sheet: String {
        """
        :root { color-scheme: light dark; --page: #fbfaf7; --panel: #ffffff; --ink: #1d1f1e; --soft: #62655f;
          --line: #e3e1da; --grid: #eceae4; --accent: #0b7a75; \(variables(light)) }
        @media (prefers-color-scheme: dark) { :root { --page: #141615; --panel: #1c1f1e; --ink: #e8eae6; --soft: #9da29b;
          --line: #303533; --grid: #272b2a; --accent: #3cc4bb; \(variables(dark)) } }
        \(rules)
        """
    }

    private static func variables(_ colours: [String: String]) -> String {
        colours.sorted { $0.key < $1.key }.map { "--s-\($0.key): \($0.value);" }.joined(separator: " ")
    }

    private static let rules = """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto,
          "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 40px 24px 64px; }
        h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
        h2 { font-size: 19px; margin: 44px 0 4px; }
        h3 { font-size: 15px; margin: 0 0 2px; font-weight: 600; }
        p { margin: 4px 0 12px; max-width: 78ch; }
        .soft, figcaption { color: var(--soft); font-size: 13.5px; }
        .facts { display: flex; flex-wrap: wrap; gap: 4px 22px; padding: 0; margin: 14px 0 0; list-style: none;
          font-size: 13.5px; color: var(--soft); }
        .facts b { color: var(--ink); font-weight: 600; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 12px 0; list-style: none; font-size: 13.5px; }
        .legend i { display: inline-block; width: 11px; height: 11px; border-radius: 50%; margin-right: 7px; }
        .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 540px), 1fr)); gap: 16px; margin-top: 12px; }
        figure { margin: 0; padding: 16px 18px 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 10px;
          overflow-x: auto; }
        figure.wide { margin-top: 12px; }
        svg { display: block; width: 100%; height: auto; font: 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
        figure.wide svg { min-width: 760px; }
        svg text { fill: var(--ink); } svg .tick { fill: var(--soft); font-size: 11px; }
        svg .grid-line { stroke: var(--grid); } svg .axis-line { stroke: var(--soft); }
        .scroll { overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; margin-top: 12px; }
        table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
        th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
        th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
        tr.group th { text-align: left; color: var(--ink); padding-top: 14px; background: none; white-space: normal; }
        tr:last-child td { border-bottom: 0; } td i { display: inline-block; width: 9px; height: 9px; border-radius: 50%;
          margin-right: 8px; }
        details { margin-top: 12px; } summary { cursor: pointer; color: var(--accent); font-weight: 600; }
        .notes li { margin: 4px 0; } code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; }
        """
}
