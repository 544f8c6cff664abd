# Sourced by ./check and ./reproduce: what the build needs, and how it is built.

# Names in Debian 12. Also those that Debian would only recommend, since we install without recommendations.
packages=(gcc libc6-dev clang cmake ninja-build pkg-config git
    libgsl-dev libopenblas-dev libhdf5-dev libyaml-dev libjansson-dev nettle-dev zlib1g-dev libuv1-dev libcriterion-dev
    gnuplot-nox hdf5-tools)

step() { printf '\n==> %s\n' "$*"; }

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
    done
}

# Installs what is missing and touches nothing when all is there.
install_packages() {
    local missing as_root=()
    step "packages"
    if ! command -v dpkg-query >/dev/null; then
        echo "no Debian: this needs the counterparts of ${packages[*]}"
        return
    fi
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -eq 0 ]; then
        echo "all ${#packages[@]} are there"
        return
    fi
    echo "installing ${missing[*]}"
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    # sudo may ask for a password only where someone can answer
    if [ ${#as_root[@]} -gt 0 ] && ! { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }; then
        printf 'not root: please run this line, then again %s\n' "$0" >&2
        echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 2
    fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# build_preset PRESET [CMAKE OPTION...]; with gcc unless the preset names another compiler
build_preset() {
    local preset=$1
    shift
    step "build $preset"
    CC=gcc cmake --preset "$preset" "$@" >/dev/null
    cmake --build --preset "$preset"
}
