# A map: a value in each cell of trace (across) and weight of energy (down), one panel per network (across), per board and policy
# (down). DVFO_SUBJECTS names the policies, DVFO_VALUE the column, DVFO_VALUE_LABEL what it is. The number stands in its cell,
# so the map is readable in black and white; cells of a third or more are framed.
# Columns of the CSV: board, network, eta, trace, policy, p_max_w, the value.
load system("printenv DVFO_STYLE")
traces = system("printenv DVFO_TRACES"); etas = system("printenv DVFO_ETAS")
subjects = system("printenv DVFO_SUBJECTS"); value = system("printenv DVFO_VALUE"); value_label = system("printenv DVFO_VALUE_LABEL")
panel_rows = words(boards) * words(subjects); panel_columns = words(networks)
across = words(traces); down = words(etas)
titles = sprintf("'%s' 'a third or more'", value_label)
panel_w = 34 * across; panel_h = 24 * down; gap_x = 24; gap_y = 30
left = 140
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
index_of(name, names, n) = sum [i = 1:n] (word(names, i) eq name ? i : 0)
eta_index(eta) = sum [i = 1:down] (abs(real(word(etas, i)) - eta) < 1e-9 ? i : 0)
rate(name) = strstrt(name, "const:") == 1 ? name[7:strlen(name) - 4] : name
whole(v) = sprintf("%.0f", abs(v) < 0.5 ? 0 : v)
array p_max[words(boards)]
set xrange [*:*]; set yrange [*:*]
do for [i = 1:words(boards)] { # stats looks inside the ranges only: before they are set
    stats csv using (strcol("board") eq word(boards, i) ? column("p_max_w") : NaN) nooutput name "P"
    p_max[i] = P_mean
}
set xrange [0.5:across + 0.5]; set yrange [down + 0.5:0.5]
set palette defined (0 "#f7f7f7", 1 "#0072b2")
set cbrange [0:60]
unset colorbox
unset grid
shade(v) = v < 0 ? 0 : v
row = 0
do for [b in boards] {
    do for [s in subjects] {
        row = row + 1
        do for [n in networks] {
            set title sprintf("%s, %s: %s", b, n, s) offset 0, -0.7
            unset xtics; unset ytics
            if (row == panel_rows) { set xtics scale 0 (); do for [i = 1:across] { set xtics add (rate(word(traces, i)) i) } }
            if (n eq word(networks, 1)) {
                set ytics scale 0 ()
                do for [i = 1:down] {
                    set ytics add (sprintf("%s (%.1f W)", word(etas, i), p_max[index_of(b, boards, words(boards))] * (1 / real(word(etas, i)) - 1)) i)
                }
            }
            set xlabel row == panel_rows ? "bandwidth [Mbit/s]" : ""
            set ylabel n eq word(networks, 1) ? "eta (rho)" : "" offset -1, 0
            column_of(ignored) = strcol("board") eq b && strcol("network") eq n && strcol("policy") eq s \
                ? index_of(strcol("trace"), traces, across) : NaN
            row_of(ignored) = eta_index(column("eta"))
            plot csv using (column_of(0)):(row_of(0)):(column_of(0) - 0.5):(column_of(0) + 0.5):(row_of(0) - 0.5):(row_of(0) + 0.5):(shade(column(value))) \
                     with boxxyerror fs solid noborder lc palette, \
                 csv using (column_of(0)):(row_of(0)):(whole(column(value))):(column(value) > 36 ? 0xffffff : 0x000000) with labels font ",9" tc rgb variable, \
                 csv using (column(value) >= 33 ? column_of(0) : NaN):(row_of(0)):(column_of(0) - 0.46):(column_of(0) + 0.46):(row_of(0) - 0.44):(row_of(0) + 0.44) \
                     with boxxyerror lc rgb "#000000" lw 1.6 dt solid fs empty border
        }
    }
}
load legend
plot '+' using (sample_x(1) + sample_w / 2):(sample_y(1)):(sample_w / 2):(6) every 2 with boxxyerror fs solid noborder lc rgb "#80b9d9", \
     '+' using (sample_x(2) + sample_w / 2):(sample_y(2)):(sample_w / 2):(6) every 2 with boxxyerror lc rgb "#000000" lw 1.6 dt solid fs empty border
unset multiplot
