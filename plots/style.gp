# One visual style for all figures: colours of Okabe and Ito (distinguishable with any colour vision), each with a dash
# and a point of its own (readable in black and white), thin grey grid, no box on the right and top.
csv = system("printenv DVFO_CSV")
boards = system("printenv DVFO_BOARDS")
networks = system("printenv DVFO_NETWORKS")
policies = system("printenv DVFO_POLICIES")
legend = system("printenv DVFO_LEGEND")
log_axis = system("printenv DVFO_LOG_AXIS")
answers = system("printenv DVFO_ANSWERS")
set datafile separator ','
set output system("printenv DVFO_PICTURE")
medium = system("printenv DVFO_TERMINAL") # svg, pngcairo, pdfcairo
set border 3 lc rgb '#555555'
set tics nomirror
set grid lc rgb '#dddddd' lw 1
axes = "y" # that log-axis.gp makes logarithmic
array colour[8] = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"]
u = medium eq "svg" ? 1 : 2 # a dash is half as long in PNG and PDF
array dash[8] = ["solid", "(8*u, 3*u)", "(1.5*u, 2.5*u)", "(8*u, 2.5*u, 1.5*u, 2.5*u)", \
    "(8*u, 2.5*u, 1.5*u, 2.5*u, 1.5*u, 2.5*u)", "(18*u, 3*u)", "(4*u, 2.5*u)", "(1.5*u, 5*u)"]
do for [i = 1:8] { eval sprintf("set linetype %d lc rgb '%s' dt %s pt %d lw 2 ps 0.8", i, colour[i], dash[i], i) }

# A page is a grid of equal panels with a legend below them; every length is in pixels, so that labels keep their room
# whatever the number of panels. A template sets panel_w, panel_h, gap_x, gap_y and titles (of the legend, quoted where they
# have blanks).
left = 92; right = 32; top = 36; axis = 64 # room around the panels; `axis`: tick and axis labels of the lowest ones
letter = 8.2; line = 20.0
max(a, b) = a > b ? a : b
min(a, b) = a < b ? a : b
longest(names, i) = i == 0 ? 0 : max(strlen(word(names, i)), longest(names, i - 1)) # of the first i
entry_w(names) = longest(names, words(names)) * letter + 75
page_w(columns) = left + columns * panel_w + (columns - 1) * gap_x + right
legend_columns(columns) = max(1, min(words(titles), int((page_w(columns) - 10.0) / entry_w(titles))))
legend_h(columns) = 14 + line * ceil(words(titles) / real(legend_columns(columns)))
page_h(rows, columns) = top + rows * panel_h + (rows - 1) * gap_y + axis + legend_h(columns)
# A pixel is 1/96 inch, 0.75 points. PDF's thinnest line has 0.5 points, its letters and marks are 4/3 of what they are in PNG.
terminal(w, h) = medium eq "svg" \
    ? sprintf("set terminal svg noenhanced font 'DejaVu Sans,14.67' size %d,%d background 'white'", w, h) \
    : sprintf("set terminal %s noenhanced font 'DejaVu Sans,11' ", medium) . (medium eq "pngcairo" ? sprintf("size %d,%d", w, h) \
    : sprintf("size %.6f,%.6f fontscale 0.75 pointscale 0.75 linewidth 1.5 background 'white'", w / 96.0, h / 96.0))
grid_on(rows, columns, order, w, h) = sprintf( \
    "set multiplot layout %d, %d %s margins %.6f, %.6f, %.6f, %.6f spacing %.6f, %.6f", rows, columns, order, left / w, \
    1.0 - right / w, (legend_h(columns) + axis) / h, 1.0 - top / h, gap_x / w, gap_y / h)
page(rows, columns, order) = terminal(page_w(columns), page_h(rows, columns)) . "; " \
    . grid_on(rows, columns, order, real(page_w(columns)), real(page_h(rows, columns)))
