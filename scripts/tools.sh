#!/bin/sh
# Install what the tests use beside Python packages: Chromium, PHP, nginx, OpenSSL. Only as root on a Debian, where nobody has to be asked.
set -eu
missing=""
for pair in chromium:chromium php:php-cli nginx:nginx-light openssl:openssl; do
	command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || missing="$missing ${pair##*:}"
done
case "$missing" in *php-cli*) missing="$missing php-curl" ;; esac
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # the list is to be split
	apt-get install --yes --quiet --no-install-recommends $missing >/dev/null 2>&1 || {
		apt-get update --quiet >/dev/null && apt-get install --yes --quiet --no-install-recommends $missing >/dev/null
	}
elif [ -n "${CI:-}" ]; then
	echo "missing:$missing" >&2
	exit 1
else
	echo "not on this machine:$missing; tests that need them are skipped. On Debian: apt install$missing" >&2
fi
