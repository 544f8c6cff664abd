# Latency and energy of a request against each clock alone, the other two at their top.
# Columns of the CSV: board, network, domain, kind (model, measured), clock_mhz, latency_ms, energy_mj.
load system("printenv DVFO_STYLE")
rows = 2 * words(boards)
eval figure_size(1050, 120 + 270 * rows)
set multiplot layout rows, 3 margins 0.07, 0.985, 0.09 / (rows / 2.0), 1 - 0.075 / (rows / 2.0) spacing 0.055, 0.115 / (rows / 2.0)
domains = "cpu gpu mem"
titles = "CPU GPU memory"
is(b, n, d, k) = strcol("board") eq b && strcol("network") eq n && strcol("domain") eq d && strcol("kind") eq k
set logscale y
set xrange [0:*]
do for [b in boards] {
    do for [quantity in "latency_ms energy_mj"] {
        do for [d = 1:3] {
            first = b eq word(boards, 1) && quantity eq "latency_ms" && d == 1
            set xlabel sprintf("%s clock [MHz]", word(titles, d)) offset 0, 0.4
            set ylabel d == 1 ? (quantity eq "latency_ms" ? "latency [ms]" : "energy [mJ]") : ""
            set title d == 2 && quantity eq "latency_ms" ? sprintf("%s: one clock varied, the others at their top", b) : "" offset 0, -0.3
            if (first) { set key top right samplen 2.5 spacing 1.1 } else { unset key }
            plot for [n = 1:words(networks)] csv using \
                     (is(b, word(networks, n), word(domains, d), "model") ? column("clock_mhz") : NaN):(column(quantity)) \
                     with lines lt n title word(networks, n), \
                 for [n = 1:words(networks)] csv using \
                     (is(b, word(networks, n), word(domains, d), "measured") ? column("clock_mhz") : NaN):(column(quantity)) \
                     with points lt n pt 7 ps 0.7 notitle, \
                 NaN with points pt 7 ps 0.7 lc rgb "#555555" title "measured"
        }
    }
}
unset multiplot
