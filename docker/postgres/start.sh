#!/bin/sh
# PostgreSQL writes its log as JSON only through its collector, and that one only into a file: so the file is the
# pipe of json-lines, which runs this. The image's own start follows.
set -eu
log=/run/augury-log
mkdir -p "$log"
ln -sfn "$JSON_LINES" "$log/postgresql.json"
ln -sfn "$JSON_LINES" "$log/postgresql.log" # what the collector says before it speaks JSON
chown -R -h postgres "$log"

exec docker-entrypoint.sh postgres \
  -c logging_collector=on -c log_destination=jsonlog -c log_directory="$log" -c log_filename=postgresql.log \
  -c log_rotation_age=0 -c log_rotation_size=0 -c log_file_mode=0600 "$@" >"$JSON_LINES"
