# shellcheck shell=bash
# Sourced: Python packages for the checks, in target/ops/venv, first on PATH. Needs python3 with venv.
#   check-jsonschema carries the compose specification's schema; podman-compose reads and merges compose files as another
#   program than ours would, without an engine; PyYAML comes with it.

ops_venv=$PWD/target/ops/venv
ops_packages="check-jsonschema==0.39.0 podman-compose==1.6.0"
if [[ $(cat "$ops_venv/packages" 2>/dev/null) != "$ops_packages" ]]; then
  python3 -m venv "$ops_venv"
  # shellcheck disable=SC2086 # a list
  "$ops_venv/bin/pip" install --quiet --disable-pip-version-check $ops_packages
  printf '%s' "$ops_packages" >"$ops_venv/packages"
fi
PATH=$ops_venv/bin:$PATH
