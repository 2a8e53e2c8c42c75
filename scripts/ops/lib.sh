# shellcheck shell=bash
# Sourced by the scripts of this folder: the profile, its settings, and compose with the files the profile uses.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# mise allows several environments at once; the last one wins there too.
profile=${MISE_ENV:-development}
profile=${profile##*,}
env_file=.env.$profile

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $*"
  exit 1
}

# setting NAME [DEFAULT]: from the environment (mise has loaded the file, fnox the secrets), else from the file itself,
# so that the scripts do the same without mise.
setting() {
  local value=${!1-}
  if [[ -z $value && -f $env_file ]]; then
    value=$(sed -n "s/^[[:space:]]*$1=//p" "$env_file" | tail -n 1 |
      sed -E "s/^'([^']*)'.*$/\1/; t; s/^\"([^\"]*)\".*$/\1/; t; s/[[:space:]]+#.*$//; s/[[:space:]]+$//")
  fi
  printf '%s' "${value:-${2-}}"
}

monitored() { [[ $(setting ENABLE_MONITORING false) == true ]]; }

# In development with open ports and, where Twitch's addresses are its own, the simulator: without it nobody logs in.
compose_files() {
  printf '%s\n' -f docker-compose.yml
  if [[ $profile == development ]]; then printf '%s\n' -f docker-compose.dev.yml; fi
  if monitored; then printf '%s\n' -f docker-compose.monitoring.yml; fi
}

# compose_with FILE_ARGUMENTS... -- ARGUMENTS...
compose_with() {
  local files=()
  while [[ $1 != -- ]]; do files+=("$1") && shift; done
  shift
  local env_arguments=()
  if [[ -f $env_file ]]; then env_arguments=(--env-file "$env_file"); fi
  APP_ENV=$(setting APP_ENV "$profile") \
    docker compose "${env_arguments[@]+"${env_arguments[@]}"}" "${files[@]}" "$@"
}

compose() {
  local files
  mapfile -t files < <(compose_files)
  compose_with "${files[@]}" -- "$@"
}

# confirm WHAT: the profile's name has to be typed, so that the wrong shell is noticed in time.
confirm() {
  [[ ${ASSUME_YES-} == "$profile" ]] && return
  say "$1"
  printf 'Type the profile (%s) to go on: ' "$profile" >&2
  local answer
  read -r answer || true
  [[ $answer == "$profile" ]] || die "not confirmed, nothing was done"
}
