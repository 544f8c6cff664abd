# One number against the bandwidth of the link, a line for each variant of something: a panel per network (across), per board
# and weight of energy (down), all of the same range. DVFO_VARY names the column that tells the variants apart, DVFO_VARIANTS
# its values in the order of the legend, DVFO_SUBJECT the policy, DVFO_VALUE the number, DVFO_VALUE_LABEL what it is.
# Columns of the CSV: board, network, eta, trace_mean_mbps, policy, the variants' column, the number.
load system("printenv DVFO_STYLE")
etas = system("printenv DVFO_ETAS"); subject = system("printenv DVFO_SUBJECT")
vary = system("printenv DVFO_VARY"); variants = system("printenv DVFO_VARIANTS")
value = system("printenv DVFO_VALUE"); value_label = system("printenv DVFO_VALUE_LABEL")
panel_rows = words(boards) * max(1, words(etas)); panel_columns = words(networks)
titles = variants
set datafile missing NaN # rows of other variants between two points don't break a line
panel_w = 250; panel_h = 150; gap_x = 22; gap_y = 34
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
met(name) = strcol("policy") eq subject && strcol(vary) eq name
set xrange [*:*]; set yrange [*:*]
stats csv using (column("trace_mean_mbps")) nooutput name "X"
stats csv using (strcol("policy") eq subject ? column(value) : NaN) nooutput name "Y"
set logscale x
set xrange [X_min / 1.15:X_max * 1.15]
set xtics (0.5, 1, 2, 4, 8, 16, 32, 64, 128)
set yrange [min(Y_min, 0) - 0.05 * (Y_max - min(Y_min, 0) + 1e-9):max(Y_max, 0) + 0.05 * (max(Y_max, 0) - Y_min + 1e-9)]
row = 0
do for [b in boards] {
    do for [e in words(etas) == 0 ? "-" : etas] {
        row = row + 1
        do for [n in networks] {
            set title sprintf("%s, %s", b, n) . (words(etas) > 1 ? ", eta " . e : "") offset 0, -0.7
            set xlabel row == panel_rows ? "bandwidth [Mbit/s]" : ""
            set ylabel n eq word(networks, 1) && row == int((panel_rows + 1) / 2) ? value_label : ""
            set format x row == panel_rows ? "%g" : ""
            set format y n eq word(networks, 1) ? "%g" : ""
            here(name) = met(name) && strcol("board") eq b && strcol("network") eq n \
                && (words(etas) == 0 || abs(column("eta") - real(e)) < 1e-9) ? column("trace_mean_mbps") : NaN
            plot for [v = 1:words(variants)] csv using (here(word(variants, v))):(column(value)) with linespoints lt v
        }
    }
}
load legend
plot for [v = 1:words(titles)] '+' using (sample_x(v) + $0 * sample_w):(sample_y(v)) with lines lt v, \
     for [v = 1:words(titles)] '+' using (sample_x(v) + sample_w / 2):(sample_y(v)) with points lt v
unset multiplot
