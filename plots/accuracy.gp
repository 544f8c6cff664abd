# Accuracy of a split network against the share of channels sent, by who chose them: attention, or others; level lines
# for the full network and the little one. Beside it the difference to attention.
# Columns of the CSV: answers, share_percent, accuracy_percent, accuracy_half, difference_points (to attention),
# difference_half, profile, seeds, images; halves of 95 % intervals over seeds, empty for one seed.
load system("printenv DVFO_STYLE")
key = "answers"; base = "attention"; base_title = "attention"; levels = "full little"
known = "attention magnitude gradient random none full little"
names = "attention magnitude gradient random 'no importance' 'full network' 'little network'"
lines = "2 3 4 5 6 1 8"
seen = " "
stats csv using (seen = seen . strcol(key) . " ", 0) nooutput
array line_of[7]
series = ""; titles = ""
do for [n = 1:words(known)] {
    if (strstrt(seen, " " . word(known, n) . " ") > 0) {
        series = series . " " . word(known, n)
        titles = titles . " '" . word(names, n) . "'"
        line_of[words(series)] = int(word(lines, n))
    }
}
panel_rows = 1; panel_columns = 2
panel_w = 380; panel_h = 300; gap_x = 84; gap_y = 0
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
stats csv using (images = column("images"), profile = strcol("profile"), 0) nooutput
heading = sprintf("%s, %.0f test images; int8, lambda 0.5", profile, images)
do for [quantity in "accuracy difference"] { load answers }
load legend
plot for [s = 1:words(series)] '+' using (sample_x(s) + $0 * sample_w):(sample_y(s)) with lines lt line_of[s], \
     for [s = 1:words(series) - 2] '+' using (sample_x(s) + sample_w / 2):(sample_y(s)) every 2 with points lt line_of[s]
unset multiplot
