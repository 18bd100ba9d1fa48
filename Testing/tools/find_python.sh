#!/bin/sh
# Prints the first Python 3.11 to 3.13 on the path that can make virtual environments.
for name in python3 python3.12 python3.11 python3.13; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done
