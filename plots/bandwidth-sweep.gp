# Energy, latency and share sent against the bandwidth of the link, one column per board.
# Columns of the CSV: board, network, policy, bandwidth_mbps, energy_mj, latency_ms, cost_j, share, uplink_bytes.
load system("printenv DVFO_STYLE")
columns = words(boards)
eval figure_size(90 + 320 * columns, 960)
set multiplot layout 3, columns columnsfirst margins 0.075, 0.985, 0.13, 0.95 spacing 0.06, 0.035
is(b, p) = strcol("board") eq b && strcol("policy") eq p
set logscale x
set xrange [0.45:110]
set xtics (0.5, 1, 2, 4, 8, 16, 32, 100)
unset key
do for [b in boards] {
    do for [row = 1:3] {
        quantity = word("energy_mj latency_ms share", row)
        set title row == 1 ? sprintf("%s, %s", b, word(networks, 1)) : "" offset 0, -0.5
        set ylabel b eq word(boards, 1) ? (row == 1 ? "energy per request [mJ]" : row == 2 ? "latency [ms]" : "share sent") : "" offset 0.5
        if (row == 3) { set xlabel "bandwidth [Mbit/s]"; set format x "%g"; unset logscale y; set yrange [-0.03:1.03] } \
        else { unset xlabel; set format x ""; set logscale y; set yrange [*:*] }
        plot for [p = 1:words(policies)] csv using \
            (is(b, word(policies, p)) ? column("bandwidth_mbps") : NaN):(column(quantity)) with linespoints lt p
    }
}
top = 0.065
load legend
plot for [p = 1:words(policies)] NaN with linespoints lt p title word(policies, p)
unset multiplot
