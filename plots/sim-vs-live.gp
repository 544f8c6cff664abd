# Latencies of requests on this machine over a shaped link (solid), and in the simulator of the same trials (dashed): a
# row for each policy, a column for each trace, the share of requests that took no longer. Corner: the simulator's error in
# the median and in the 95th percentile.
# Columns of the CSV: trace, policy, percent (of the requests), live_s, simulated_s, error_percent, requests.
load system("printenv DVFO_STYLE")
traces = ""; policies = ""; n = 0
known(names, name) = name eq "trace" || name eq "policy" || strstrt(" " . names, " " . name . " ") > 0 # the header is no name
stats csv using (known(traces, strcol("trace")) ? 0 : (traces = traces . strcol("trace") . " ", 0)) nooutput
stats csv using (known(policies, strcol("policy")) ? 0 : (policies = policies . strcol("policy") . " ", 0)) nooutput
stats csv using (n = column("requests"), 0) nooutput
panel_rows = words(policies); panel_columns = words(traces)
panel_w = 270; panel_h = 190; gap_x = 34; gap_y = 58
titles = "'live' 'simulated'"
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
is(p, t) = strcol("policy") eq p && strcol("trace") eq t
error_at(p, t, q) = sprintf("stats csv using (is('%s', '%s') && column('percent') == %d ? column('error_percent') : NaN) nooutput name 'E'", p, t, q)
do for [i = 1:panel_rows] {
    p = word(policies, i)
    do for [k = 1:panel_columns] {
        t = word(traces, k)
        set xrange [*:*]; set yrange [*:*]
        unset logscale
        stats csv using (is(p, t) ? 1e3 * min(column("live_s"), column("simulated_s")) : NaN) nooutput name "L"
        stats csv using (is(p, t) ? 1e3 * max(column("live_s"), column("simulated_s")) : NaN) nooutput name "H"
        eval error_at(p, t, 50); median = E_mean
        eval error_at(p, t, 95); tail = E_mean
        low = L_min; high = H_max
        axes = "x"
        load log_axis
        set yrange [0:100]
        set ytics 25
        set format y k == 1 ? "%g" : ""
        set title i == 1 ? sprintf("%s, %d requests", t, n) : "" offset 0, -0.4
        set ylabel k == 1 ? sprintf("%s\n[%% of requests]", p) : ""
        set xlabel i == panel_rows ? "latency [ms]" : ""
        set label 1 sprintf("median %+.1f %%\n95th %+.1f %%", median, tail) at graph 0.97, 0.28 right
        plot csv using (is(p, t) ? 1e3 * column("live_s") : NaN):(column("percent")) with lines lt 1, \
             csv using (is(p, t) ? 1e3 * column("simulated_s") : NaN):(column("percent")) with lines lt 3
        unset label 1
    }
}
load legend
plot for [s = 1:2] '+' using (sample_x(s) + $0 * sample_w):(sample_y(s)) with lines lt 2 * s - 1
unset multiplot
