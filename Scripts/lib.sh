# What the scripts share: output, and finding or installing what a build and a run need. Sourced by bash, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=Scripts/$(basename "$0")

# Colours only for a person at a terminal (no-color.org).
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m' on_terminal=yes
else
    bold='' dim='' red='' green='' plain='' on_terminal=''
fi

# title TEXT: what begins now.
title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }

# note TEXT: a remark.
note() { printf '%s%s%s\n' "$dim" "$1" "$plain"; }

# die TEXT…: says what is wrong, one line an argument, and leaves.
die() {
    printf '%s%s: %s%s\n' "$red" "$program" "$1" "$plain" >&2
    shift
    if (($# > 0)); then printf '  %s\n' "$@" >&2; fi
    exit 1
}

# transient TEXT: a line that the next one overwrites; only on a terminal.
transient() {
    if [[ $on_terminal ]]; then
        local columns
        columns=$(tput cols 2>/dev/null || echo 80)
        printf '\r\e[K%s' "${1:0:columns-1}"
    fi
}

# seconds_since START: whole seconds since $SECONDS was START, for people.
seconds_since() {
    local passed=$((SECONDS - $1))
    if ((passed < 60)); then echo "$passed s"; else echo "$((passed / 60)) min $((passed % 60)) s"; fi
}

# need_root: namespaces, TAPs and packages are root's.
need_root() {
    if [[ $(id -u) != 0 ]]; then
        die "this makes network namespaces and TAP devices, which only root may" "run it as: sudo $program"
    fi
}

# version_in TEXT: "6.3" of "Swift version 6.3.1 (…)"; nothing if it doesn't say so.
version_in() { sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$1" | head -n 1; }

# find_swift: sets `swift` to the first Swift of at least 6.3: $SWIFT, PATH, or where toolchains are usually unpacked.
# sudo empties PATH, so the home of the user behind it is looked at as well.
find_swift() {
    local home='' candidate said version found='' place
    if [[ -n ${SUDO_USER:-} ]]; then home=$(getent passwd "$SUDO_USER" | cut -d: -f6); fi
    local -a candidates=("${SWIFT:-}" "$(type -P swift || true)")
    for place in "$HOME" "$home"; do
        if [[ $place ]]; then candidates+=("$place"/.local/share/swiftly/toolchains/*/usr/bin/swift); fi
    done
    candidates+=(/opt/swift*/usr/bin/swift /usr/local/swift*/usr/bin/swift /usr/share/swift*/usr/bin/swift
        /usr/libexec/swift*/bin/swift)
    for candidate in "${candidates[@]}"; do
        if [[ ! -x $candidate ]]; then continue; fi
        said=$("$candidate" --version 2>&1 </dev/null) || true
        version=$(version_in "$said")
        if [[ -z $version ]]; then
            found+="$candidate does not run: ${said%%$'\n'*}; "
            continue
        fi
        if ((${version%.*} > 6 || (${version%.*} == 6 && ${version#*.} >= 3))); then
            swift=$candidate
            return
        fi
        found+="$candidate is $version; "
    done
    die "no Swift 6.3 was found${found:+: ${found%; }}" \
        "Install the official toolchain for Debian 12, as the install page of swift.org describes (swiftly or a tarball)." \
        "If it lies in an unusual place: sudo SWIFT=/path/to/usr/bin/swift $program"
}

# without_services: until the (sub)shell ends, services of packages that are installed don't start (Debian Policy 9.3.3.1):
# the tests start what they need themselves.
without_services() {
    local policy=/usr/sbin/policy-rc.d
    if [[ -e $policy ]]; then return; fi
    trap "rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
}

# need_packages NAME…: installs the Debian packages among these that are missing.
need_packages() {
    local -a missing=()
    local package log
    if ! type -P dpkg-query >/dev/null; then
        die "this is not a Debian system, so packages can't be looked up" "Heddle is built and tested on Debian 12."
    fi
    for package in "$@"; do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            missing+=("$package")
        fi
    done
    if ((${#missing[@]} == 0)); then return; fi
    note "installing ${missing[*]}"
    log=$(mktemp)
    if (without_services && apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}") \
        >"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return
    fi
    tail -n 15 "$log" >&2
    rm -f "$log"
    die "these Debian packages are missing and could not be installed: ${missing[*]}" \
        "Is there a network? By hand: apt-get update && apt-get install ${missing[*]}"
}
export DEBIAN_FRONTEND=noninteractive

# What the toolchain itself needs to run, and to fetch and link Swift programs; and what GRDB needs.
build_packages=(ca-certificates git binutils libc6-dev libstdc++-12-dev libcurl4 libncurses6 libxml2 libsqlite3-dev libpcap-dev)

# run_build WHAT COMMAND…: runs a build, shows how far it is, and what went wrong.
run_build() {
    local what=$1 start=$SECONDS log status=0
    shift
    log=$(mktemp)
    "$@" 2>&1 </dev/null | show_progress "$what" "$log" || status=$?
    if ((status != 0)); then
        grep -E '^[^ |]+: (error|warning): |^error: ' "$log" | sort -u | head -n 40 >&2 || true
        tail -n 15 "$log" >&2
        local hint=''
        if grep -qE 'Git command|[Ff]ailed to (clone|fetch|resolve)' "$log"; then
            hint="Is there a network? The first build fetches Swift packages from where Package.swift names them."
        fi
        rm -f "$log"
        die "building $what failed" ${hint:+"$hint"}
    fi
    rm -f "$log"
    printf '%s\n' "built $what in $(seconds_since "$start")"
}

# show_progress WHAT LOG: copies a build's output to LOG; one moving line on a terminal, a line a minute elsewhere.
show_progress() {
    local line next=$((SECONDS + 60))
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$2"
        if [[ $line != \[* && $line != Fetch* && $line != Updat* && $line != Comput* && $line != Build* ]]; then
            continue
        fi
        transient "building $1: $line"
        if [[ -z $on_terminal ]] && ((SECONDS >= next)); then
            printf '%s\n' "building $1: $line"
            next=$((SECONDS + 60))
        fi
    done
    transient ''
}
