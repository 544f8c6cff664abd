# Accuracy of a split network against the weight of the local answer, for several shares of channels sent: on images for
# validation, where the accuracy floor stands, and on test images, which nobody chooses by.
# Columns of the CSV: part, answers (split, full, floor), share_percent, lambda, accuracy_percent, accuracy_half (of a 95 %
# interval over seeds, empty for one seed), profile, seeds, images.
load system("printenv DVFO_STYLE")
panel_rows = 1; panel_columns = 2
panel_w = 380; panel_h = 320; gap_x = 40; gap_y = 0
shares = "10 30 50 70 90"
has_floor = 0
stats csv using (has_floor = has_floor || strcol("answers") eq "floor", seeds = column("seeds"), profile = strcol("profile"), 0) nooutput
titles = "'10 % sent' '30 % sent' '50 % sent' '70 % sent' '90 % sent' 'full network'" . (has_floor ? " 'accuracy floor'" : "")
array line_of[7] = [2, 3, 4, 5, 6, 1, 1]
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
half(ignored) = strcol("accuracy_half") eq "" ? 0 : column("accuracy_half")
is(p, a, s) = strcol("part") eq p && strcol("answers") eq a && strcol("share_percent") eq s
stats csv using (column("accuracy_percent") - half(0)) nooutput name "B"
stats csv using (column("accuracy_percent") + half(0)) nooutput name "T"
pad = max(0.06 * (T_max - B_min), 0.05)
set xtics 0.2
set mxtics 2
spread = seeds > 1 ? 0.008 : 0 # intervals stand side by side
set style fill transparent solid 0.18 noborder
do for [p in "validation test"] {
    set xlabel "weight of the local answer, lambda"
    set ylabel p eq "test" ? "" : "accuracy [%]"
    set xrange [*:*]; set yrange [*:*]
    stats csv using (strcol("part") eq p ? (images = column("images"), 0) : 0) nooutput
    set xrange [-0.06:1.06]; set yrange [B_min - pad:T_max + pad]
    set title p eq "test" ? sprintf("%.0f test images; %s", images, seeds > 1 ? sprintf("%.0f seeds, 95 %% intervals", seeds) \
        : "one seed: no intervals") : sprintf("%s, %.0f images for validation; attention, int8", profile, images) offset 0, -0.4
    plot csv using (is(p, "full", "") ? column("lambda") : NaN):(column("accuracy_percent") - half(0)): \
             (column("accuracy_percent") + half(0)) with filledcurves lc rgb colour[1], \
         csv using (is(p, "full", "") ? column("lambda") : NaN):(column("accuracy_percent")) with lines lt 1, \
         csv using (is("validation", "floor", "") ? column("lambda") : NaN): \
             (p eq "validation" ? column("accuracy_percent") : T_max + 10 * pad) with lines lt 1 lw 1.2 dt (6*u, 4*u), \
         for [s = 1:words(shares)] csv using (is(p, "split", word(shares, s)) ? column("lambda") + spread * (s - 3) : NaN): \
             (column("accuracy_percent")) with linespoints lt line_of[s], \
         for [s = 1:words(shares)] csv using (is(p, "split", word(shares, s)) ? column("lambda") + spread * (s - 3) : NaN): \
             (column("accuracy_percent") - half(0)):(0):(2 * half(0)) with vectors nohead lc rgb colour[line_of[s]] dt solid lw 1.2
    set format y ""
}
load legend
plot for [s = 1:6] '+' using (sample_x(s) + $0 * sample_w):(sample_y(s)) with lines lt line_of[s], \
     for [s = 7:words(titles)] '+' using (sample_x(s) + $0 * sample_w):(sample_y(s)) with lines lt 1 lw 1.2 dt (6*u, 4*u), \
     for [s = 1:5] '+' using (sample_x(s) + sample_w / 2):(sample_y(s)) every 2 with points lt line_of[s]
unset multiplot
