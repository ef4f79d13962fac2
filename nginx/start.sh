#!/bin/sh
# Writes the configuration that depends on settings or on nginx's version into /run/augury, then becomes
# nginx.
#
#   RATE_LIMIT       requests per address, such as 50r/s      RATE_BURST   the burst beyond that rate
#   MAX_CONNECTIONS  open requests per address                MAX_BODY_BYTES   the API's own limit
#   TRUSTED_PROXIES  networks whose X-Forwarded-For is trusted (a load balancer in front of nginx)
#   HTTPS_PORT       the port published for 443               /etc/nginx/tls   fullchain.pem, privkey.pem
set -eu
made=/run/augury
tls=/etc/nginx/tls
mkdir -p "$made" /var/cache/nginx

version=$(nginx -v 2>&1 | sed 's|.*/\([0-9.]*\).*|\1|')
at_least() {
  [ "$(printf '%s\n' "$1" "$version" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$1" ]
}

cat >"$made/limits.conf" <<CONF
client_max_body_size ${MAX_BODY_BYTES:-10000000};
limit_req zone=requests burst=${RATE_BURST:-100} nodelay;
limit_conn connections ${MAX_CONNECTIONS:-100};
CONF

{
  echo "limit_req_zone \$binary_remote_addr zone=requests:10m rate=${RATE_LIMIT:-50r/s};"

  for network in $(echo "${TRUSTED_PROXIES:-}" | tr , ' '); do
    echo "set_real_ip_from $network;"
  done
  [ -z "${TRUSTED_PROXIES:-}" ] || echo "real_ip_header X-Forwarded-For; real_ip_recursive on;"

  # Only from 1.27.3 on can an upstream be looked up again and also keep its connections open. nginx closes
  # them before the application does: otherwise a request could meet a connection that was just closed.
  if at_least 1.27.3; then
    # max_fails=0: otherwise, after two instances restarted together, nginx would refuse requests for
    # fail_timeout. A request to an instance that is gone goes to the next (proxy_next_upstream), until the
    # name is looked up again.
    echo "upstream augury_app { zone augury_app 64k; server app:8000 resolve max_fails=0;"
    echo "  keepalive 64; keepalive_timeout 3s; }"
    echo "map '' \$augury_app { default augury_app; }"
  else
    echo "map '' \$augury_app { default app:8000; }"
  fi

  echo "map '' \$augury_bot { default telegram-bot:8002; }"

  if [ -e "$tls/fullchain.pem" ] || [ -e "$tls/privkey.pem" ]; then
    port=${HTTPS_PORT:-443}
    port=${port##*:}
    [ "$port" = 443 ] && port='' || port=:$port
    at_least 1.25.1 && http2='listen 443 ssl; http2 on;' || http2='listen 443 ssl http2;'
    cat <<CONF
server { listen 80 default_server; return 308 https://\$host$port\$request_uri; }
server {
  $http2
  ssl_certificate $tls/fullchain.pem;
  ssl_certificate_key $tls/privkey.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:10m;
  ssl_session_tickets off;
  include /etc/nginx/site.conf;
}
CONF
  else
    echo "server { listen 80 default_server; include /etc/nginx/site.conf; }"
  fi
} >"$made/http.conf"

exec nginx -g 'daemon off;'
