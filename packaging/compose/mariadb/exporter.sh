#!/bin/bash
# Makes the user whom mysqld-exporter logs in as, with the rights that its documentation names. MariaDB's image runs this once,
# when its data folder is empty.
set -euo pipefail

value_of() { # KEY: out of the section [client]
    sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "${EXPORTER_CNF:-/run/secrets/mysqld_exporter_cnf}" | tail -1
}

quoted() { # TEXT: as SQL writes it
    local text=${1//\\/\\\\}
    printf "'%s'" "${text//\'/\'\'}"
}

user=$(quoted "$(value_of user)")
password=$(quoted "$(value_of password)")
if [ "$user" = "''" ] || [ "$password" = "''" ]; then
    echo "exporter.sh: the secret mysqld_exporter_cnf wants lines user=... and password=... under [client]" >&2
    exit 1
fi
# The image's entry point has read MARIADB_ROOT_PASSWORD_FILE into this by now, and removed that.
MYSQL_PWD=${MARIADB_ROOT_PASSWORD:-} mariadb --user=root --batch <<SQL
CREATE USER IF NOT EXISTS $user@'%' IDENTIFIED BY $password WITH MAX_USER_CONNECTIONS 3;
GRANT PROCESS, REPLICATION CLIENT, SELECT, SLAVE MONITOR ON *.* TO $user@'%';
SQL
