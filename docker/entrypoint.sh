#!/bin/sh
# Secrets come as files: for every NAME_FILE that points below /run/secrets, NAME is read from it.
# Only there: SSL_CERT_FILE and its like are other programs' settings.
set -eu
for name in $(env | sed -n 's|^\([A-Z][A-Z0-9_]*\)_FILE=/run/secrets/.*|\1|p'); do
  eval "file=\${${name}_FILE}"
  value=$(cat "$file") || { echo "lancette: ${name}_FILE cannot be read" >&2; exit 1; }
  export "$name=$value"
  unset "${name}_FILE"
done
exec "$@"
