# shellcheck shell=bash
# Sourced by slurm.sh: a Slurm of one node that lives in a folder, listens on 127.0.0.1 only and runs as who starts it.

# shellcheck disable=SC2034 # slurm.sh reads it
cluster_packages=(slurmctld slurmd slurm-client munge) # names in Debian 12
daemons=()

# cluster_missing: prints programs that aren't there
cluster_missing() {
    local program missing=()
    for program in munged slurmctld slurmd sbatch scancel squeue sinfo; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    echo "${missing[*]}"
}

free_port() {
    local port
    while port=$((10000 + RANDOM % 20000)) && (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# start_daemon FOLDER PROGRAM ARGUMENT...
start_daemon() {
    "${@:2}" >"$1/$2.said" 2>&1 &
    daemons+=($!)
}

# until_true SECONDS COMMAND...: false when it never was
until_true() {
    local end=$((SECONDS + $1))
    until "${@:2}" 2>/dev/null; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

node_is_idle() { [ "$(timeout 5 sinfo -h -o %t)" = idle ]; }

cluster_start() { # FOLDER SLOTS
    local place=$1 node user
    node=$(uname -n) user=$(id -un)
    node=${node%%.*}
    mkdir "$place" "$place/state" "$place/spool"
    (umask 077 && head -c 1024 /dev/urandom >"$place/key")
    cat >"$place/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$place/munge.socket
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
NodeName=$node NodeAddr=127.0.0.1 CPUs=$2
PartitionName=test Nodes=ALL Default=YES
CONF
    # from 24.05 on Slurm wants cgroups unless told so
    [[ $(slurmd -V) =~ \ ([0-9]+)\.([0-9]+) ]]
    [ "${BASH_REMATCH[1]}${BASH_REMATCH[2]}" -lt 2405 ] || echo CgroupPlugin=disabled >"$place/cgroup.conf"

    # --force: the folder is ours alone, munged would rather have one that all may enter
    start_daemon "$place" munged --foreground --force --socket="$place/munge.socket" --key-file="$place/key" \
        --pid-file="$place/munged.pid" --log-file="$place/munged.log" --seed-file="$place/munged.seed"
    until_true 20 test -S "$place/munge.socket" || cluster_told "$place"
    export SLURM_CONF=$place/slurm.conf
    start_daemon "$place" slurmctld -D
    start_daemon "$place" slurmd -D
    until_true 60 node_is_idle || cluster_told "$place"
}

cluster_told() { # FOLDER: why it didn't come up
    tail -n 20 "$1"/*.said
    echo "the cluster doesn't come up"
    exit 1
}

# Stops only what was started here, the last one first.
cluster_stop() {
    local i
    for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
        kill "${daemons[i]}" 2>/dev/null || true
    done
    [ ${#daemons[@]} -eq 0 ] || wait "${daemons[@]}" || true
    daemons=()
}

# listens_elsewhere: addresses other than 127.0.0.1 on which its ports are listened to
listens_elsewhere() {
    local port
    while read -r port; do
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf ':%04X' "$port")" '
            $4 == "0A" && substr($2, length($2) - 4) == port && $2 != "0100007F" port { print $2 }'
    done < <(sed -n 's/^Slurm.*Port=//p' "$SLURM_CONF")
}
