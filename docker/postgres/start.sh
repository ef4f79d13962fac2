#!/bin/sh
# PostgreSQL writes JSON logs only through its log collector, which only writes to files. So its log file is a link to
# the pipe of json-lines, which runs this script. Then the image's own start script runs.
set -eu
log=/run/augury-log
mkdir -p "$log"
ln -sfn "$JSON_LINES" "$log/postgresql.json"
ln -sfn "$JSON_LINES" "$log/postgresql.log" # for the collector's first lines, which are not JSON
chown -R -h postgres "$log"

exec docker-entrypoint.sh postgres \
  -c logging_collector=on -c log_destination=jsonlog -c log_directory="$log" -c log_filename=postgresql.log \
  -c log_rotation_age=0 -c log_rotation_size=0 -c log_file_mode=0600 "$@" >"$JSON_LINES"
