# shellcheck shell=bash disable=SC2034,SC2154 # with lib.sh's names, for its callers
# Sourced after lib.sh: the MariaDB programs, run against DATABASE_URL when it is set (the programs of this machine),
# else inside the profile's container. Passwords go through files or the environment, never through arguments.

database_url=$(setting DATABASE_URL)

if [[ -n $database_url ]]; then
  decode() { printf '%b' "${1//%/\\x}"; }
  pattern='^(mysql|mariadb)://([^:@/]+)(:([^@/]*))?@([^:/]+)(:([0-9]+))?/([^?]+)'
  [[ $database_url =~ $pattern ]] || die "DATABASE_URL is not mysql://user:password@host:port/database"
  database=$(decode "${BASH_REMATCH[8]}")
  options_file=$(mktemp)
  trap 'rm -f "$options_file"' EXIT
  printf '[client]\nuser="%s"\npassword="%s"\nhost="%s"\nport=%s\nprotocol=tcp\n' "$(decode "${BASH_REMATCH[2]}")" \
    "$(decode "${BASH_REMATCH[4]}")" "${BASH_REMATCH[5]}" "${BASH_REMATCH[7]:-3306}" >"$options_file"
  database_where="$database at ${BASH_REMATCH[5]}:${BASH_REMATCH[7]:-3306}"
else
  database=$(setting MYSQL_DATABASE twitch_chatters)
  database_where="$database of the $profile containers"
fi

# run_program PROGRAM ARGUMENTS...: standard input and output are the caller's.
run_program() {
  local program=$1
  shift
  if [[ -n $database_url ]]; then
    "$program" --defaults-extra-file="$options_file" --default-character-set=utf8mb4 "$@"
  else
    # shellcheck disable=SC2016 # the container's shell expands them
    compose exec -T mariadb sh -c \
      'program=$1; shift; MYSQL_PWD=$MARIADB_PASSWORD exec "$program" --user="$MARIADB_USER" --default-character-set=utf8mb4 "$@"' sh "$program" "$@"
  fi
}

sql() { run_program mariadb --batch --skip-column-names "$@"; }

dump() {
  # One snapshot without locking anybody out; rosters as hex, so that the file is plain text.
  run_program mariadb-dump --single-transaction --quick --hex-blob --skip-lock-tables --max-allowed-packet=64M \
    "$database"
}

exec_client() {
  if [[ -n $database_url ]]; then
    mariadb --defaults-extra-file="$options_file" "$@" "$database"
  else
    # shellcheck disable=SC2016
    compose exec mariadb sh -c \
      'MYSQL_PWD=$MARIADB_PASSWORD exec mariadb --user="$MARIADB_USER" "$@" "$MARIADB_DATABASE"' sh "$@"
  fi
}
