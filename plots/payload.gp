# Accuracy of a split network against the share of channels sent, by how they were coded, the difference to int8, and
# the bits that a value took. Entropy coding loses nothing: it is drawn with its bits only.
# Columns of the CSV: coding, share_percent, accuracy_percent, accuracy_half, difference_points (to int8),
# difference_half, bits_per_value, bits_half, profile, seeds, images; halves of 95 % intervals over seeds, empty for one.
load system("printenv DVFO_STYLE")
key = "coding"; base = "int8"; base_title = "int8"; levels = ""
known = "float int8 codebook int8-entropy codebook-entropy"
lines = "2 3 4 5 6"
seen = " "
stats csv using (seen = seen . strcol(key) . " ", 0) nooutput
array line_of[5]
series = ""; coded = ""; titles = ""
do for [n = 1:words(known)] {
    if (strstrt(seen, " " . word(known, n) . " ") > 0) {
        coded = coded . " " . word(known, n)
        series = n > 3 ? series : series . " " . word(known, n)
        line_of[words(coded)] = int(word(lines, n))
        bits = 0; count = 0
        stats csv using (strcol(key) eq word(known, n) && strcol("bits_per_value") ne "" \
            ? (bits = bits + column("bits_per_value"), count = count + 1, 0) : 0) nooutput
        titles = titles . (count > 0 ? sprintf(" '%s: %.3g bit'", word(known, n), bits / count) : " " . word(known, n))
    }
}
panel_rows = 1; panel_columns = 3
panel_w = 320; panel_h = 280; gap_x = 84; gap_y = 0
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
stats csv using (images = column("images"), profile = strcol("profile"), 0) nooutput
heading = sprintf("%s, %.0f test images; lambda 0.5", profile, images)
do for [quantity in "accuracy difference"] { load answers }
is_of(s) = strcol(key) eq word(coded, s) && strcol("bits_per_value") ne ""
set title "8 bytes of each channel not counted"
set ylabel "payload [bit per value]"
set xrange [*:*]; set yrange [*:*]
stats csv using (strcol("bits_per_value") ne "" ? column("bits_per_value") : NaN) nooutput name "B"
low = B_min; high = B_max
load log_axis
set xrange [5:105]
plot for [s = 1:words(coded)] csv using (is_of(s) ? column("share_percent") : NaN):(column("bits_per_value")) with linespoints lt line_of[s]
load legend
plot for [s = 1:words(coded)] '+' using (sample_x(s) + $0 * sample_w):(sample_y(s)) with lines lt line_of[s], \
     for [s = 1:words(coded)] '+' using (sample_x(s) + sample_w / 2):(sample_y(s)) every 2 with points lt line_of[s]
unset multiplot
