# What attention makes of images: the images, below each the importance of its channels in their order, and below these
# how much of all importance the most important channels hold, mean and 10 to 90 % of the requests.
# Columns of the CSV: kind (image, importance, held), example, class, x (column; channel; channels [%]), y, red, green,
# blue, percent (of importance), percent_p10, percent_p90, requests.
load system("printenv DVFO_STYLE")
stats csv using "example" nooutput name "E"
examples = int(E_max)
stats csv using (strcol("kind") eq "importance" ? column("x") : NaN) nooutput name "C"
channels = int(C_max)
stats csv using (strcol("kind") eq "importance" ? column("percent") : NaN) nooutput name "P"
stats csv using "requests" nooutput name "R"
array class[examples]
stats csv using (strcol("kind") eq "importance" ? (class[int(column("example"))] = int(column("class")), 0) : NaN) nooutput
pixels = 32
panel_rows = 3
panel_columns = max(2, examples)
titles = "'importance of a channel' 'mean of the requests' '10 to 90 % of the requests' 'all channels alike'"
panel_w = 210; panel_h = 210; gap_x = 26; gap_y = 62
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
is(k, e) = strcol("kind") eq k && column("example") == e
bar_colour = colour[2]
do for [e = 1:panel_columns] {
    if (e > examples) { set multiplot next; continue }
    unset border; unset tics; unset grid
    set title sprintf("class %d", class[e]) offset 0, -0.6
    set xrange [-0.5:pixels - 0.5]; set yrange [-0.5:pixels - 0.5]
    plot csv using "x":"y":"red":"green":"blue" every ::(pixels**2 * (e - 1))::(pixels**2 * e - 1) with rgbimage
}
set border 3; set xtics nomirror; set ytics nomirror; set grid noxtics ytics; set title ""
set style fill solid 1.0 noborder
set boxwidth 0.8
do for [e = 1:panel_columns] {
    if (e > examples) { set multiplot next; continue }
    set xlabel "channel" offset 0, 0.4
    set ylabel e == 1 ? "importance [%]" : ""
    set xrange [0.3:channels + 0.7]; set yrange [0:1.08 * P_max]
    set xtics autofreq; set ytics autofreq
    set format y e == 1 ? "%g" : ""
    plot csv using (is("importance", e) ? column("x") : NaN):(column("percent")) with boxes fc rgb bar_colour dt solid, \
        100.0 / channels with lines lc rgb "#555555" lw 1.2 dt (6*u, 4*u)
}
set rmargin at screen 1.0 - real(right) / page_w(panel_columns)
set grid xtics ytics
set format y "%g"
set xlabel "most important channels [%]" offset 0, 0.4
set ylabel "of all importance [%]"
set xrange [0:100]; set yrange [0:103]
set xtics 20; set ytics 20
set style fill transparent solid 0.2 noborder
plot csv using (strcol("kind") eq "held" ? column("x") : NaN):(column("percent_p10")):(column("percent_p90")) \
        with filledcurves lc rgb colour[3], \
    x with lines lc rgb "#555555" lw 1.2 dt (6*u, 4*u), \
    csv using (strcol("kind") eq "held" ? column("x") : NaN):(column("percent")) with lines lc rgb colour[3] lw 2 dt solid
load legend
half = 6
set style fill solid 1.0 noborder
plot '+' using (sample_x(1) + sample_w / 2):(sample_y(1)):(sample_w / 2):(half) every 2 with boxxyerror fc rgb bar_colour, \
    '+' using (sample_x(2) + $0 * sample_w):(sample_y(2)) with lines lc rgb colour[3] lw 2 dt solid, \
    '+' using (sample_x(3) + sample_w / 2):(sample_y(3)):(sample_w / 2):(half) every 2 \
        with boxxyerror fs transparent solid 0.2 fc rgb colour[3], \
    '+' using (sample_x(4) + $0 * sample_w):(sample_y(4)) with lines lc rgb "#555555" lw 1.2 dt (6*u, 4*u)
unset multiplot
