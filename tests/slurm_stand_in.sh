#!/usr/bin/env bash
# Stands in for sbatch, scancel and squeue, whichever it is called as: as much of them as bench/slurm and its test use,
# with jobs that run on this machine. In the folder $STAND_IN each job has one of its own:
#   tasks                  numbers of its tasks; 0 stands for a job that is no array
#   script                 what it runs: a copy, as Slurm makes one
#   TASK.pid, TASK.code    process; how it ended
# $STAND_IN_REFUSES names an option of sbatch with which nothing is taken.
set -euo pipefail

unended() { # JOB...: its tasks that haven't ended, as JOB_TASK
    local job task
    for job in "$@"; do
        for task in $(<"$STAND_IN/$job/tasks"); do
            [ -e "$STAND_IN/$job/$task.code" ] || echo "${job}_$task"
        done
    done
}

all_jobs() { find "$STAND_IN" -mindepth 1 -maxdepth 1 -type d -printf '%f\n'; }

ended_well() { # JOB: waits for its end
    while [ -n "$(unended "$1")" ]; do sleep 0.05; done
    ! grep -qvx 0 "$STAND_IN/$1"/*.code
}

# run_task JOB TASK ARGUMENT...
run_task() {
    local folder=$STAND_IN/$1 task=$2 job=$1 pattern=${option[output]//%%/$'\1'} code=0
    shift 2
    pattern=${pattern//%[Aj]/$job}
    pattern=${pattern//%a/$task}
    [ "$task" = 0 ] || export SLURM_ARRAY_JOB_ID=$job SLURM_ARRAY_TASK_ID=$task
    SLURM_JOB_ID=$job SLURM_CPUS_PER_TASK=${option[cpus-per-task]} "$folder/script" "$@" >>"${pattern//$'\1'/%}" 2>&1 &
    echo $! >"$folder/$task.pid"
    wait $! || code=$?
    echo "$code" >"$folder/$task.code"
}

# run_job JOB AT_ONCE ARGUMENT...
run_job() {
    local job=$1 at_once=$2 task
    shift 2
    if [ -n "${option[dependency]}" ] && ! ended_well "${option[dependency]#afterok:}"; then
        echo 'never ran' >"$STAND_IN/$job/0.code"
        return
    fi
    for task in $(<"$STAND_IN/$job/tasks"); do
        [ ! -e "$STAND_IN/$job/$task.code" ] || continue
        while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do sleep 0.05; done
        run_task "$job" "$task" "$@" &
    done
    wait
}

case ${0##*/} in
sbatch)
    declare -A option=([array]=0-0 [cpus-per-task]=1 [dependency]='')
    while [[ $1 == --* ]]; do
        [ "$1" != "${STAND_IN_REFUSES:-}" ] || { echo "sbatch: error: $1 is refused" >&2; exit 1; }
        name=${1#--}
        option[${name%%=*}]=${name#*=}
        shift
    done
    [ "${option[parsable]:-}" = parsable ]
    [ -d "$(dirname "${option[output]//%%/%}")" ]
    job=$(($(all_jobs | wc -l) + 1))
    mkdir "$STAND_IN/$job"
    cp "$1" "$STAND_IN/$job/script"
    range=${option[array]%\%*} at_once=${option[array]##*%}
    seq "${range%-*}" "${range#*-}" >"$STAND_IN/$job/tasks"
    [[ ${option[array]} == *%* ]] || at_once=1000
    run_job "$job" "$at_once" "${@:2}" </dev/null >/dev/null 2>&1 &
    echo "$job"
    ;;
scancel)
    case $1 in
    --user=*) mapfile -t jobs < <(all_jobs) ;;
    *) jobs=("${1%_*}") ;;
    esac
    for task in $(unended "${jobs[@]}"); do
        at=$STAND_IN/${task%_*}/${task#*_}
        if [[ $1 == *_* && $1 != "$task" ]]; then
            continue
        elif [ -e "$at.pid" ]; then
            kill "$(<"$at.pid")"
        else
            echo cancelled >"$at.code"
        fi
    done
    ;;
squeue)
    mapfile -t jobs < <(all_jobs)
    unended "${jobs[@]}"
    ;;
esac
