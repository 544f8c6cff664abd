# What policies do over the time of a trace: the link, the share sent, the clocks decided, power and cost, one above the
# other. Columns of the CSV: policy, time_s, link_mbps, share, cpu_mhz, gpu_mhz, mem_mhz, power_w, cost_j, energy_mj,
# latency_ms, requests, timeouts, link, eta; each row the mean over the requests that began in the second from time_s on.
load system("printenv DVFO_STYLE")
add(list, name) = strstrt(list, "'" . name . "'") ? list : list . " '" . name . "'"
titles = ""
stats csv using (titles = add(titles, strcol("policy")), link = strcol("link"), eta = strcol("eta"), column("time_s")) nooutput
panel_rows = 7
panel_columns = 1
panel_w = 820; panel_h = 112; gap_x = 0; gap_y = 20
eval page(panel_rows, panel_columns, "rowsfirst")
quantities = "link_mbps share cpu_mhz gpu_mhz mem_mhz power_w cost_j"
array name[7] = ["link [Mbit/s]", "share sent", "CPU [MHz]", "GPU [MHz]", "memory [MHz]", "power [W]", "cost [J]"]
is(p) = strcol("policy") eq word(titles, p)
array line_of[3] = [1, 2, 3]
stats csv using "time_s" nooutput name "X"
set xrange [0:X_max + 1]
set xtics 20
set mxtics 2
unset key
do for [row = 1:7] {
    quantity = word(quantities, row)
    set title row == 1 ? sprintf("%s, %s, %s, eta %s; means of a second", boards, networks, link, eta) : "" offset 0, -0.5
    set ylabel name[row]
    set xlabel row == 7 ? "time of the trace [s]" : ""
    set format x row == 7 ? "%g" : ""
    unset logscale y
    set format y "%g"
    set ytics auto
    set yrange [*:*]
    stats csv using quantity nooutput name "S"
    if (quantity eq "cost_j") {
        low = S_min; high = S_max
        load log_axis
    } else {
        is_share = quantity eq "share"
        set yrange [is_share ? -0.05 : 0:is_share ? 1.05 : 1.08 * S_max]
        decade = 10**floor(log10(S_max / 1.5))
        set ytics is_share ? 0.5 : decade * (S_max / decade > 6 ? 5 : S_max / decade > 3 ? 2 : 1)
    }
    if (row == 1) {
        plot csv using (is(1) ? column("time_s") : NaN):(column(quantity)) with steps lc rgb "#555555" dt solid lw 2
    } else {
        plot for [p = 1:words(titles)] csv using (is(p) ? column("time_s") : NaN):(column(quantity)) with steps lt line_of[p]
    }
}
load legend
plot for [t = 1:words(titles)] '+' using (sample_x(t) + $0 * sample_w):(sample_y(t)) with lines lt line_of[t]
unset multiplot
