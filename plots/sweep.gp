# Measures of policies against one thing that varies: a row per measure, a column per board and network, a line per policy,
# intervals over seeds where there are some. DVFO_X names the column (DVFO_X_LABEL what it is, DVFO_X_LOG yes: logarithmic),
# DVFO_VALUES the measures (DVFO_VALUE_LABELS what they are, blanks as ~), DVFO_SHOW the policies.
# Columns of the CSV: board, network, policy, x, and for each measure X, X_low, X_high.
load system("printenv DVFO_STYLE")
abscissa = system("printenv DVFO_X"); x_label = system("printenv DVFO_X_LABEL"); x_log = system("printenv DVFO_X_LOG")
values = system("printenv DVFO_VALUES"); value_labels = system("printenv DVFO_VALUE_LABELS")
show = system("printenv DVFO_SHOW")
shown = show eq "" ? policies : show
panel_rows = words(values)
panel_columns = words(boards) * words(networks)
titles = shown
set datafile missing NaN # rows of other policies between two points don't break a line
panel_w = panel_columns == 1 ? 460 : 290; panel_h = 200; gap_x = 72; gap_y = 26
eval page(panel_rows, panel_columns, "columnsfirst")
unset key
tilde(text) = strstrt(text, "~") > 0 ? tilde(text[1:strstrt(text, "~") - 1] . " " . text[strstrt(text, "~") + 1:]) : text
is(b, n) = strcol("board") eq b && strcol("network") eq n && strstrt(" " . shown . " ", " " . strcol("policy") . " ") > 0
here(p, b, n) = is(b, n) && strcol("policy") eq word(shown, p) ? column(abscissa) : NaN
set xrange [*:*]; set yrange [*:*]
stats csv using (column(abscissa)) nooutput name "X"
known = 0 # are there intervals?
stats csv using (abs(column(word(values, 1) . "_low")) < 1e300 ? (known = 1) : 0) nooutput
do for [b in boards] {
    do for [n in networks] {
        do for [row = 1:panel_rows] {
            quantity = word(values, row)
            first = b eq word(boards, 1) && n eq word(networks, 1)
            set title row == 1 ? sprintf("%s, %s", b, n) : "" offset 0, -0.5
            set ylabel first ? tilde(word(value_labels, row)) : ""
            set xlabel row == panel_rows ? x_label : ""
            set xrange [*:*]; set yrange [*:*]
            unset logscale
            set format y "%g"
            stats csv using (is(b, n) ? column(quantity) : NaN) nooutput name "S"
            low = S_min; high = S_max
            if (known) {
                stats csv using (is(b, n) ? column(quantity . "_low") : NaN) nooutput name "L"
                stats csv using (is(b, n) ? column(quantity . "_high") : NaN) nooutput name "H"
                low = min(low, L_min); high = max(high, H_max)
            }
            if (quantity eq "share" || low <= 0) {
                set ytics autofreq
                set yrange [quantity eq "share" ? -0.04 : low - 0.05 * (high - low + 1e-9):quantity eq "share" ? 1.04 : high + 0.05 * (high - low + 1e-9)]
            } else {
                axes = "y"
                load log_axis
            }
            if (x_log eq "yes") {
                set logscale x
                set xrange [X_min / 1.15:X_max * 1.15]
                set xtics (0.5, 1, 2, 4, 8, 16, 32, 64, 128)
            } else {
                set xrange [X_min - 0.04 * (X_max - X_min):X_max + 0.04 * (X_max - X_min)]
                set xtics autofreq
            }
            set format x row == panel_rows ? "%g" : ""
            if (known) {
                plot for [p = 1:words(shown)] csv using (here(p, b, n)):(column(quantity)) with linespoints lt p, \
                     for [p = 1:words(shown)] csv using (strcol(quantity . "_low") ne "" ? here(p, b, n) : NaN): \
                         (column(quantity . "_low")):(0):(column(quantity . "_high") - column(quantity . "_low")) \
                         with vectors nohead lc rgb colour[p] dt solid lw 1.2
            } else {
                plot for [p = 1:words(shown)] csv using (here(p, b, n)):(column(quantity)) with linespoints lt p
            }
        }
    }
}
load legend
plot for [p = 1:words(shown)] '+' using (sample_x(p) + $0 * sample_w):(sample_y(p)) with lines lt p, \
     for [p = 1:words(shown)] '+' using (sample_x(p) + sample_w / 2):(sample_y(p)) with points lt p
unset multiplot
