#!/bin/sh
# The few system libraries that VTK and Qt need on Linux, and a Chinese font: installed where that is allowed, else named in one line.
[ "$(uname -s)" = Linux ] || exit 0
missing=""
check() { ldconfig -p 2>/dev/null | grep -q "$1" || missing="$missing $2"; }
PATH="$PATH:/sbin:/usr/sbin"
check libEGL.so.1 libegl1
check libEGL_mesa.so.0 libegl-mesa0
check libGL.so.1 libgl1
check libGLX_mesa.so.0 libglx-mesa0
check libxkbcommon.so.0 libxkbcommon0
check libfontconfig.so.1 libfontconfig1
check libdbus-1.so.3 libdbus-1-3
find /usr/lib* -name "swrast_dri.so" -o -name "libgallium*.so" 2>/dev/null | grep -q . || missing="$missing libgl1-mesa-dri"
# Chinese reports and pictures need a font with Chinese signs.
find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" 2>/dev/null |
    grep -qiE "wqy|noto.*cjk|sourcehan|simhei|simsun|uming|ukai|droidsansfallback" || missing="$missing fonts-wqy-zenhei"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing from the system's packages:$missing"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "Missing, needed for pictures of the 3D scene and Chinese texts:$missing. Install them, e.g.: sudo apt-get install$missing" >&2
exit 0
