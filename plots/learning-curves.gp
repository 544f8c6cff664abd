# Cost and regret of agents in training, against decisions (left) and training wall time (right): median of the seeds, a
# band from the least to the most; level lines for the reference and for the best fixed setting.
# Columns of the CSV: variant, seed (a number, "median", or empty for the level lines), decisions, wall_s, cost, regret,
# cost_least, cost_most, regret_least, regret_most, updates, epsilon, loss, reward,
# link, eta, decision_time.
load system("printenv DVFO_STYLE")
panel_rows = 2
panel_columns = 2
variants = "'concurrent' 'blocking' 'flat head'"
most_of(variant) = sprintf("stats csv using (strcol('variant') eq '%s' ? column('decisions') : NaN) nooutput name 'D'", variant)
eval most_of("flat head"); flat_k = D_max / 1000
eval most_of("concurrent"); most_k = D_max / 1000
stats csv using (link = strcol("link"), eta = strcol("eta"), decision = strcol("decision_time"), column("decisions")) nooutput
stats csv using (strcol("variant") eq "concurrent" && strcol("seed") ne "median" && column("decisions") == 0 ? 1 : NaN) nooutput name "N"
seeds = N_records
titles = sprintf("'concurrent' 'blocking' 'flat head (%.0f,000 decisions only)' 'reference oracle' 'best fixed setting'", flat_k)
panel_w = 400; panel_h = 260; gap_x = 84; gap_y = 60
array line_of[5] = [2, 3, 4, 1, 8]
eval page(panel_rows, panel_columns, "rowsfirst")
is(v, s) = strcol("variant") eq v && strcol("seed") eq s
level_of(v, quantity) = sprintf("stats csv using (strcol('variant') eq '%s' ? column('%s') : NaN) nooutput name 'L'", v, quantity)
unset key
set style fill transparent solid 0.15 noborder
do for [quantity in "cost regret"] {
    is_cost = quantity eq "cost"
    set xrange [*:*]; set yrange [*:*] # stats looks inside them only
    factor = is_cost ? 1.0 : 100.0
    eval level_of("reference oracle", quantity); reference = L_records > 0 ? factor * L_mean : NaN
    eval level_of("best fixed setting", quantity); fixed = L_records > 0 ? factor * L_mean : NaN
    stats csv using (strcol("seed") eq "median" && column("decisions") > 0 ? factor * column(quantity . "_least") : NaN) nooutput name "B"
    stats csv using (strcol("seed") eq "median" && column("decisions") > 0 ? factor * column(quantity . "_most") : NaN) nooutput name "T"
    low = min(min(B_min, reference == reference ? reference : B_min), fixed == fixed ? fixed : B_min)
    high = max(T_max, fixed == fixed ? fixed : T_max)
    do for [against in "decisions wall_s"] {
        scale = against eq "decisions" ? 1e-3 : 1.0
        set title !is_cost ? "" : against eq "decisions" ? sprintf("%s, %s, %s, eta %s", boards, networks, link, eta) \
            : sprintf("decisions: %s; range of %d seeds", decision, seeds) offset 0, -0.3
        set xlabel against eq "decisions" ? "decisions, all environments [thousands]" : "training wall time [s]"
        set ylabel is_cost ? "cost / edge-only at top clocks" : "regret against the reference [%]"
        set xrange [*:*]; set yrange [*:*]
        stats csv using (strcol("seed") eq "median" ? scale * column(against) : NaN) nooutput name "X"
        unset logscale
        set xrange [0:X_max]
        set yrange [low - 0.06 * (high - low):high + 0.06 * (high - low)]
        set ytics auto; set format y "%g"
        set xtics auto
        plot for [v = 1:3] csv using (is(word(variants, v), "median") ? scale * column(against) : NaN): \
                 (factor * column(quantity . "_least")):(factor * column(quantity . "_most")) \
                 with filledcurves lc rgb colour[line_of[v]], \
             for [v = 1:3] csv using (is(word(variants, v), "median") ? scale * column(against) : NaN):(factor * column(quantity)) \
                 with lines lt line_of[v], \
             reference with lines lt line_of[4] lw 1.2, \
             fixed with lines lt line_of[5]
    }
}
load legend
plot for [t = 1:5] '+' using (sample_x(t) + $0 * sample_w):(sample_y(t)) with lines lt line_of[t]
unset multiplot
