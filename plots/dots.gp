# Costs of policies in costs of edge-only: one panel per board (across) and trace (down), a row per policy, a mark per
# network, and a bar at the geometric mean of all networks. DVFO_SHOW names the policies, DVFO_AGAINST what 1 is.
# Columns of the CSV: board, network, trace, policy, cost_saving_percent (against edge-only).
load system("printenv DVFO_STYLE")
traces = system("printenv DVFO_TRACES")
show = system("printenv DVFO_SHOW")
shown = show eq "" ? policies : show
n = words(shown)
panel_rows = max(1, words(traces)); panel_columns = words(boards)
titles = networks . " 'geometric mean'"
panel_w = 300; panel_h = 17 * n + 12; gap_x = 22; gap_y = 62
left = longest(shown, n) * letter + 22
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
ratio(ignored) = 1 - column("cost_saving_percent") / 100
row_of(name) = sum [i = 1:n] (word(shown, i) eq name ? i : 0)
here(b, t) = strcol("board") eq b && (words(traces) == 0 || strcol("trace") eq t) && row_of(strcol("policy")) > 0
jitter(m) = words(networks) < 2 ? 0 : 0.62 * ((m - 1.0) / (words(networks) - 1) - 0.5)
set xrange [*:*]; set yrange [*:*]
stats csv using (row_of(strcol("policy")) > 0 ? ratio(0) : NaN) nooutput name "S"
low = S_min; high = S_max
panels = panel_rows * panel_columns
array middle_of[panels * n]
panel = 0
trace_list = words(traces) == 0 ? "-" : traces
do for [t in trace_list] {
    do for [b in boards] {
        do for [i = 1:n] { # stats looks inside the ranges only: before they are set
            stats csv using (here(b, t) && strcol("policy") eq word(shown, i) ? log(ratio(0)) : NaN) nooutput name "G"
            middle_of[panel * n + i] = exp(G_mean)
        }
        panel = panel + 1
    }
}
panel = 0
axes = "x"
load log_axis
set yrange [n + 0.6:0.4]
set grid noytics
do for [t in trace_list] {
    do for [b in boards] {
        set title words(traces) > 1 ? sprintf("%s, %s", b, t) : b offset 0, -0.5
        unset ytics
        if (b eq word(boards, 1)) { set ytics scale 0 (); do for [i = 1:n] { set ytics add (word(shown, i) i) } }
        set xlabel t eq word(traces, max(1, words(traces))) ? "cost, in costs of edge-only" : ""
        unset arrow
        set arrow 99 from first 1, graph 0 to first 1, graph 1 nohead lc rgb "#555555" lw 1 dt solid back
        do for [i = 1:n] {
            set arrow i from first middle_of[panel * n + i], first i - 0.4 to first middle_of[panel * n + i], first i + 0.4 nohead lc rgb "#000000" lw 2.5 dt solid
        }
        plot for [i = 1:n] i with lines lc rgb "#e8e8e8" lw 0.7 dt solid, \
             for [m = 1:words(networks)] csv using (here(b, t) && strcol("network") eq word(networks, m) ? ratio(0) : NaN): \
             (row_of(strcol("policy")) + jitter(m)) with points lt m ps 0.65 lw 1.2
        panel = panel + 1
    }
}
unset arrow
load legend
plot for [m = 1:words(networks)] '+' using (sample_x(m) + sample_w / 2):(sample_y(m)) every 2 with points lt m ps 0.8 lw 1.2, \
     '+' using (sample_x(words(titles)) + sample_w / 2):(sample_y(words(titles)) - 7):(0):(14) every 2 with vectors nohead lc rgb "#000000" dt solid lw 2.5
unset multiplot
