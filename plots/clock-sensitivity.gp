# Latency and energy of a request against each clock alone, the other two at their top.
# Columns of the CSV: board, network, domain, kind (model, measured), clock_mhz, latency_ms, energy_mj.
load system("printenv DVFO_STYLE")
rows = 2 * words(boards)
height = 60 + 265 * rows
strip = 50.0 / height # for the legend
eval figure_size(1080, height)
set multiplot layout rows, 3 margins 0.1, 0.985, strip + 45.0 / height, 1 - 32.0 / height spacing 0.065, 62.0 / height
domains = "cpu gpu mem"
titles = "CPU GPU memory"
is(b, n, d, k) = strcol("board") eq b && strcol("network") eq n && strcol("domain") eq d && strcol("kind") eq k
set logscale y
set format y "%g"
set xrange [0:*]
set xtics 500
set mxtics 5
unset key
set offsets graph 0, graph 0, graph 0.06, graph 0.06
do for [b in boards] {
    do for [quantity in "latency_ms energy_mj"] {
        do for [d = 1:3] {
            set xlabel sprintf("%s clock [MHz]", word(titles, d)) offset 0, 0.4
            set ylabel d == 1 ? b . (quantity eq "latency_ms" ? "\nlatency [ms]" : "\nenergy [mJ]") : ""
            set title d == 2 && b eq word(boards, 1) && quantity eq "latency_ms" ? "one clock varied, the others at their top" : "" offset 0, -0.3
            plot for [n = 1:words(networks)] csv using \
                     (is(b, word(networks, n), word(domains, d), "model") ? column("clock_mhz") : NaN):(column(quantity)) \
                     with lines lt n, \
                 for [n = 1:words(networks)] csv using \
                     (is(b, word(networks, n), word(domains, d), "measured") ? column("clock_mhz") : NaN):(column(quantity)) \
                     with points lt n pt 7 ps 0.7
        }
    }
}
top = strip
load legend
plot for [n = 1:words(networks)] NaN with lines lt n title word(networks, n) . ", model", \
     NaN with points pt 7 ps 0.7 lc rgb "#555555" title "measured"
unset multiplot
