#!/usr/bin/env bash
# Make .venv with everything in requirements.lock (each file checked against its hash) and cnnlib.
# Called by make; PYTHON=/path/to/python3.12 chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

command -v "$python" >/dev/null || { echo "setup: no '$python' found: install Python 3.11 or newer, or say make PYTHON=/path/to/python3" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "setup: $("$python" --version) is too old, the book needs 3.11 or newer: make PYTHON=/path/to/python3.12" >&2; exit 1; }

make_venv() { "$python" -m venv --clear .venv >/dev/null 2>&1; }
echo "setup: making .venv with $("$python" --version)"
if ! make_venv; then
  # Debian and Ubuntu keep the pip that venv needs in a package of its own
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "setup: installing the package python3-venv"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
  fi
  make_venv || { echo "setup: '$python -m venv' fails here: on Debian or Ubuntu, sudo apt install python3-venv" >&2; exit 1; }
fi

# uv (its own hash is in the lock) installs in seconds what takes pip minutes; where uv cannot
# reach the package index (it does not read pip's configuration), pip does the same work
awk '/^uv==/{p=1} p{print} p&&!/\\$/{exit}' requirements.lock > .venv/uv.lock
echo "setup: installing $(grep -c '^[a-z0-9].*==' requirements.lock) packages (once)"
if .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.lock 2>.venv/setup.log &&
   .venv/bin/uv pip install -q --python .venv/bin/python --compile-bytecode --require-hashes -r requirements.lock 2>>.venv/setup.log; then :
else
  echo "setup: uv could not install them ($(tail -n 1 .venv/setup.log)); trying pip, which takes some minutes"
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
fi
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e . 2>>.venv/setup.log ||
  { cat .venv/setup.log >&2; exit 1; }
