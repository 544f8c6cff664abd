# The legend of all panels of a multiplot: a strip below them, its unit the pixel. The names stand here; the template then
# plots each sample from (sample_x(i), sample_y(i)) to sample_w px further right, with "set samples 2" done.
# (gnuplot's own key guesses the width of a text differently for PNG and SVG, and so its columns.)
unset title; unset xlabel; unset ylabel; unset tics; unset border; unset grid; unset logscale
columns = legend_columns(panel_columns)
legend_w = real(page_w(panel_columns))
set xrange [0:legend_w]
set yrange [0:legend_h(panel_columns)]
set lmargin at screen 0.0; set rmargin at screen 1.0
set bmargin at screen 0.0; set tmargin at screen real(legend_h(panel_columns)) / page_h(panel_rows, panel_columns)
sample_w = 40
sample_x(i) = (legend_w - columns * entry_w(titles)) / 2 + ((i - 1) % columns) * entry_w(titles) + 10
sample_y(i) = legend_h(panel_columns) - 4 - line * ((i - 1) / columns + 0.5)
do for [i = 1:words(titles)] {
    set label i word(titles, i) at sample_x(i) + sample_w + 8, sample_y(i) left
}
unset key
set samples 2
