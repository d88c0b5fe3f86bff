#!/bin/sh
# Runs once, when the data folder is new: a database for each domain.
set -eu
for database in auth users movies; do
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --command "CREATE DATABASE $database"
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$database" \
    --command "CREATE EXTENSION IF NOT EXISTS pg_stat_statements" --command "CREATE EXTENSION IF NOT EXISTS pg_trgm"
done
