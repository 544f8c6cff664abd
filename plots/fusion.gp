# Accuracy of a split network against the share of channels sent, by how the two answers became one. Beside it the
# difference to the sum of Eq. (8) with a fixed weight.
# Columns of the CSV: fusion, share_percent, accuracy_percent, accuracy_half, difference_points (to sum-fixed),
# difference_half, fusion_us, profile, seeds, images; halves of 95 % intervals over seeds, empty for one seed.
load system("printenv DVFO_STYLE")
key = "fusion"; base = "sum-fixed"; base_title = "fixed sum"; levels = ""
known = "sum-fixed sum-learnt dense convolution"
names = "'fixed sum' 'learnt sum' 'dense layer' 'convolution'"
seen = " "
stats csv using (seen = seen . strcol(key) . " ", 0) nooutput
array line_of[4]
series = ""; titles = ""
do for [n = 1:words(known)] {
    if (strstrt(seen, " " . word(known, n) . " ") > 0) {
        series = series . " " . word(known, n)
        titles = titles . " '" . word(names, n) . "'"
        line_of[words(series)] = n + 1
    }
}
panel_rows = 1; panel_columns = 2
panel_w = 380; panel_h = 300; gap_x = 84; gap_y = 0
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
stats csv using (images = column("images"), profile = strcol("profile"), 0) nooutput
heading = sprintf("%s, %.0f test images; attention, int8", profile, images)
do for [quantity in "accuracy difference"] { load answers }
load legend
plot for [s = 1:words(series)] '+' using (sample_x(s) + $0 * sample_w):(sample_y(s)) with lines lt line_of[s], \
     for [s = 1:words(series)] '+' using (sample_x(s) + sample_w / 2):(sample_y(s)) every 2 with points lt line_of[s]
unset multiplot
