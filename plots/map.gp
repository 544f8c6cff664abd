# A map: a value in each cell of trace (across) and weight of energy (down), one panel per network (across) and board
# (down). DVFO_SUBJECT is the policy, DVFO_VALUE the column, DVFO_VALUE_LABEL what it is. The number stands in its cell, so the
# map is readable in black and white; cells of a third or more are framed.
# Columns of the CSV: board, network, eta, trace, policy, p_max_w, the value.
load system("printenv DVFO_STYLE")
traces = system("printenv DVFO_TRACES"); etas = system("printenv DVFO_ETAS")
subject = system("printenv DVFO_SUBJECT"); value = system("printenv DVFO_VALUE"); value_label = system("printenv DVFO_VALUE_LABEL")
panel_rows = words(boards); panel_columns = words(networks)
across = words(traces); down = words(etas)
titles = sprintf("'%s, of %s' 'a third or more'", value_label, subject)
panel_w = 34 * across; panel_h = 26 * down; gap_x = 24; gap_y = 52
left = 150
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
index_of(name, names, n) = sum [i = 1:n] (word(names, i) eq name ? i : 0)
eta_index(x) = sum [i = 1:down] (abs(real(word(etas, i)) - x) < 1e-9 ? i : 0)
rate(name) = strstrt(name, "const:") == 1 ? name[7:strlen(name) - 4] : name
set xrange [0.5:across + 0.5]; set yrange [down + 0.5:0.5]
set palette defined (0 "#f7f7f7", 1 "#0072b2")
set cbrange [0:60]
unset colorbox
unset grid
shade(v) = v < 0 ? 0 : v
do for [b in boards] {
    stats csv using (strcol("board") eq b ? column("p_max_w") : NaN) nooutput name "P"
    do for [n in networks] {
        set title sprintf("%s, %s", b, n) offset 0, -0.6
        set xtics scale 0 (); unset ytics
        do for [i = 1:across] { set xtics add (rate(word(traces, i)) i) }
        if (n eq word(networks, 1)) { set ytics scale 0 (); do for [i = 1:down] { set ytics add (sprintf("%s (%.1f W)", word(etas, i), P_mean * (1 / real(word(etas, i)) - 1)) i) } }
        set xlabel b eq word(boards, words(boards)) ? "bandwidth [Mbit/s]" : ""
        set ylabel n eq word(networks, 1) ? "eta (rho)" : "" offset -1, 0
        is(ignored) = strcol("board") eq b && strcol("network") eq n && strcol("policy") eq subject
        x(ignored) = is(0) ? index_of(strcol("trace"), traces, across) : NaN
        y(ignored) = eta_index(column("eta"))
        plot csv using (x(0)):(y(0)):(x(0) - 0.5):(x(0) + 0.5):(y(0) - 0.5):(y(0) + 0.5):(shade(column(value))) \
                 with boxxyerror fs solid noborder lc palette, \
             csv using (x(0)):(y(0)):(sprintf("%.0f", column(value) + 0)):(column(value) > 36 ? 0xffffff : 0x000000) with labels font ",9" tc rgb variable, \
             csv using (column(value) >= 33 ? x(0) : NaN):(y(0)):(x(0) - 0.46):(x(0) + 0.46):(y(0) - 0.44):(y(0) + 0.44) \
                 with boxxyerror fs empty border lc rgb "#000000" lw 1.6 dt solid
    }
}
load legend
plot '+' using (sample_x(1) + sample_w / 2):(sample_y(1)):(sample_w / 2):(6) every 2 with boxxyerror fs solid noborder lc rgb "#80b9d9", \
     '+' using (sample_x(2) + sample_w / 2):(sample_y(2)):(sample_w / 2):(6) every 2 with boxxyerror fs empty border lc rgb "#000000" lw 1.6 dt solid
unset multiplot
