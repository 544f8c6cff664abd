# Latency and energy of a request against each clock alone, the other two at their top.
# Columns of the CSV: board, network, domain, kind (model, measured), clock_mhz, latency_ms, energy_mj, energy_relative.
load system("printenv DVFO_STYLE")
panel_rows = 2 * words(boards)
panel_columns = 3
titles = ""
do for [n in networks] { titles = titles . "'" . n . ", model' " }
titles = titles . "'measured (same colour)'"
panel_w = 290; panel_h = 210; gap_x = 64; gap_y = 82
eval page(panel_rows, panel_columns, "rowsfirst")
domains = "cpu gpu mem"
clocks = "CPU GPU memory"
is(b, n, d, k) = strcol("board") eq b && strcol("network") eq n && strcol("domain") eq d && strcol("kind") eq k
stats csv using "energy_relative" nooutput name "E"
relative_low = min(0.7, floor(10 * (E_min - 0.02)) / 10.0)
unset key
do for [b in boards] {
    do for [quantity in "latency_ms energy_relative"] {
        do for [d = 1:3] {
            is_latency = quantity eq "latency_ms"
            domain = word(domains, d)
            set xlabel sprintf("%s clock [MHz]", word(clocks, d)) offset 0, 0.4
            set ylabel d > 1 ? "" : is_latency ? "latency [ms]" : "energy / energy at top clocks"
            set title d == 2 && is_latency ? sprintf("%s: one clock varied, the others at their top", b) : "" offset 0, -0.3
            set xrange [*:*]; set yrange [*:*]
            unset logscale
            stats csv using (strcol("board") eq b && strcol("domain") eq domain ? column("clock_mhz") : NaN) nooutput name "X"
            stats csv using (strcol("board") eq b && strcol("domain") eq domain ? column("latency_ms") : NaN) nooutput name "Y"
            if (is_latency) {
                low = Y_min; high = Y_max
                load log_axis
            } else {
                set yrange [relative_low:2]
                set ytics 0, 0.2, 2
                set format y "%.1f"
            }
            set xrange [0:1.04 * X_max]
            set xtics 500
            set mxtics 5
            plot for [n = 1:words(networks)] csv using \
                     (is(b, word(networks, n), domain, "model") ? column("clock_mhz") : NaN):(column(quantity)) \
                     with lines lt n, \
                 for [n = 1:words(networks)] csv using \
                     (is(b, word(networks, n), domain, "measured") ? column("clock_mhz") : NaN):(column(quantity)) \
                     with points lt n pt 7 ps 0.7
        }
    }
}
load legend
plot for [n = 1:words(networks)] '+' using (sample_x(n) + $0 * sample_w):(sample_y(n)) with lines lt n, \
     '+' using (sample_x(words(titles)) + sample_w / 2):(sample_y(words(titles))) with points pt 7 ps 0.7 lc rgb "#555555"
unset multiplot
