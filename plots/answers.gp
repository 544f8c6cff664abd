# Panels of how often answers are right against the share sent: accuracy on the left, on the right the difference to one
# of them, taken seed by seed. A template sets key (the column with the names), series (names that are drawn), levels
# (those among them that are level lines: no points, a band), base, base_title, line_of (line types), heading; then loads this
# once for each panel, with `quantity` accuracy or difference.
is(s) = strcol(key) eq word(series, s)
is_level(s) = strstrt(" " . levels . " ", " " . word(series, s) . " ") > 0
set xrange [*:*]; set yrange [*:*] # stats looks inside them only
stats csv using (seeds = column("seeds"), images = column("images"), profile = strcol("profile"), 0) nooutput
values = quantity eq "accuracy" ? "accuracy_percent" : "difference_points"
halves = quantity . "_half"
half(ignored) = strcol(halves) eq "" ? 0 : column(halves)
shown(s) = quantity eq "accuracy" || (word(series, s) ne base && word(series, s) ne "little")
drawn(s) = strcol(values) ne "" && is(s) && shown(s)
all_drawn(s) = s == 0 ? 0 : drawn(s) || all_drawn(s - 1)
spread = seeds > 1 && words(series) > 1 ? 0.7 : 0 # intervals stand side by side
at(s) = column("share_percent") + (is_level(s) ? 0 : spread * (s - (words(series) + 1) / 2.0))
stats csv using (all_drawn(words(series)) ? column(values) - half(0) : NaN) nooutput name "B"
stats csv using (all_drawn(words(series)) ? column(values) + half(0) : NaN) nooutput name "T"
low = quantity eq "accuracy" ? B_min : min(B_min, 0); high = quantity eq "accuracy" ? T_max : max(T_max, 0)
pad = max(0.06 * (high - low), 0.05)
set xrange [5:105]; set yrange [low - pad:high + pad]
set xtics 10, 20
set mxtics 2
set xlabel "share of channels sent [%]"
set ylabel quantity eq "accuracy" ? "accuracy [%]" : sprintf("difference to %s [points]", base_title)
set title quantity eq "accuracy" ? heading : seeds > 1 ? sprintf("%.0f seeds, paired; 95 %% intervals", seeds) \
    : "one seed: no intervals" offset 0, -0.4
set style fill transparent solid 0.18 noborder
plot for [s = 1:words(series)] csv using (is_level(s) && drawn(s) ? at(s) : NaN):(column(values) - half(0)):(column(values) + half(0)) \
         with filledcurves lc rgb colour[line_of[s]] notitle, \
     0 with lines lc rgb "#555555" lw (quantity eq "accuracy" ? 0 : 1) dt solid, \
     for [s = 1:words(series)] csv using (drawn(s) ? at(s) : NaN):(column(values)) with lines lt line_of[s], \
     for [s = 1:words(series)] csv using (!is_level(s) && drawn(s) ? at(s) : NaN):(column(values)) with points lt line_of[s], \
     for [s = 1:words(series)] csv using (!is_level(s) && drawn(s) ? at(s) : NaN):(column(values) - half(0)):(0):(2 * half(0)) \
         with vectors nohead lc rgb colour[line_of[s]] dt solid lw 1.2
