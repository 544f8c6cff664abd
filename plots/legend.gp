# The legend of all panels of a multiplot: a strip below them, up to the height `top` of the page.
unset title; unset xlabel; unset ylabel; unset tics; unset border; unset grid; unset logscale
set xrange [0:1]
set yrange [0:1]
set lmargin at screen 0.02; set rmargin at screen 0.98; set bmargin at screen 0.0; set tmargin at screen top
set key center center horizontal samplen 3 width 1
