# Energy, latency, cost and share sent against the bandwidth of the link, one column per board and network.
# Columns of the CSV: board, network, policy, bandwidth_mbps, energy_mj, latency_ms, cost_j, share, uplink_bytes.
load system("printenv DVFO_STYLE")
panel_rows = 4
panel_columns = words(boards) * words(networks)
titles = policies
panel_w = panel_columns == 1 ? 460 : 270; panel_h = 200; gap_x = 72; gap_y = 24
eval page(panel_rows, panel_columns, "columnsfirst")
quantities = "energy_mj latency_ms cost_j share"
array name[4] = ["energy per request [mJ]", "latency [ms]", "cost [J]", "share sent"]
is(b, n) = strcol("board") eq b && strcol("network") eq n
set logscale x
set xtics (0.5, 1, 2, 4, 8, 16, 32, 100)
unset key
do for [b in boards] {
    do for [n in networks] {
        do for [row = 1:4] {
            quantity = word(quantities, row)
            set title row == 1 ? sprintf("%s, %s", b, n) : "" offset 0, -0.5
            set ylabel b eq word(boards, 1) && n eq word(networks, 1) ? name[row] : ""
            set xlabel row == 4 ? "bandwidth [Mbit/s]" : ""
            set format x row == 4 ? "%g" : ""
            if (row == 4) {
                unset logscale y
                set yrange [-0.04:1.04]
                set format y "%g"
                set ytics 0, 0.2, 1
            } else {
                set xrange [*:*]; set yrange [*:*]
                unset logscale
                stats csv using (is(b, n) ? column(quantity) : NaN) nooutput name "S"
                low = S_min; high = S_max
                load log_axis
            }
            set logscale x
            set xrange [0.45:110]
            plot for [p = 1:words(policies)] csv using \
                (is(b, n) && strcol("policy") eq word(policies, p) ? column("bandwidth_mbps") : NaN):(column(quantity)) \
                with linespoints lt p
        }
    }
}
load legend
plot for [p = 1:words(policies)] '+' using (sample_x(p) + $0 * sample_w):(sample_y(p)) with lines lt p, \
     for [p = 1:words(policies)] '+' using (sample_x(p) + sample_w / 2):(sample_y(p)) with points lt p
unset multiplot
