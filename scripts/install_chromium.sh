#!/bin/sh
# Make sure the browser tests have a Chromium: install Debian's where possible, otherwise say what to do.
set -u
browser=${CHROMIUM:-/usr/bin/chromium}
[ -x "$browser" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq chromium >/dev/null && [ -x "$browser" ] && exit 0
fi
echo "The browser tests need Chromium at $browser. Install it (Debian: sudo apt-get install chromium)" >&2
echo "or use another one: CHROMIUM=/path/to/chromium make test" >&2
exit 1
