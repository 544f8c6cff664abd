# One visual style for all figures: colours of Okabe and Ito (distinguishable with any colour vision), each with a dash
# and a point of its own (readable in black and white), thin grey grid, no box on the right and top.
csv = system("printenv DVFO_CSV")
boards = system("printenv DVFO_BOARDS")
networks = system("printenv DVFO_NETWORKS")
legend = system("printenv DVFO_LEGEND")
policies = system("printenv DVFO_POLICIES")
set datafile separator ','
set output system("printenv DVFO_PICTURE")
is_png = system("printenv DVFO_TERMINAL") eq "pngcairo"
# figure_size(w, h) [px] is called by the template with its own size
figure_size(w, h) = is_png ? sprintf("set terminal pngcairo noenhanced font 'DejaVu Sans,11' size %d,%d", w, h) : sprintf("set terminal svg noenhanced font 'DejaVu Sans,11' size %d,%d background 'white'", w, h)
set border 3 lc rgb '#555555'
set tics nomirror
set grid lc rgb '#dddddd' lw 1
array colour[8] = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"]
do for [i = 1:8] { set linetype i lc rgb colour[i] dt i pt i lw 2 ps 0.8 }
