#!/bin/sh
# Print the path of a CPython 3.13 with venv, the Lambda runtime's version: PATH, then pyenv, then uv. Else say what to install.
set -u

usable() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 13))' \
    >/dev/null 2>&1 && "$1" -c 'import sys; print(sys.executable)'
}

for candidate in ${PYTHON:-} python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python3.13; do
  usable "$candidate" && exit 0
done
if command -v uv >/dev/null 2>&1; then
  usable "$(uv python find --no-project 3.13 2>/dev/null)" && exit 0
fi
echo "Python 3.13 not found: install it (apt install python3.13-venv, 'uv python install 3.13' or 'pyenv install 3.13'), or set PYTHON=/path/to/python3.13" >&2
exit 1
