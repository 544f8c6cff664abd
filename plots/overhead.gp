# Attention, quantisation, fusion and decision as parts of the time and the energy of a request that sends half of its
# channels, stacked; the sum in absolute terms above; and the sum as a part of the same network run on the device alone.
# Columns of the CSV: board, network, part (attention, quantisation, fusion, decision; request: all of it; edge-only),
# time_s, energy_j, time_percent, energy_percent (of the request), share_percent, link, cpu_mhz, gpu_mhz, mem_mhz.
load system("printenv DVFO_STYLE")
panel_rows = 2
panel_columns = words(boards)
parts = "attention quantisation fusion decision"
titles = parts . " 'sum, as a part of edge-only'"
bars = words(networks)
panel_w = max(300, 75 * bars); panel_h = 220; gap_x = 60; gap_y = 44
axis = 108 # networks' names stand aslant
eval page(panel_rows, panel_columns, "columnsfirst")
unset key
array fill_colour[4] = ["#0072b2", "#e69f00", "#009e73", "#111111"]
hatch(p) = p == 2 ? 6 : 1 # one way, crossed; patterns have seams in PDF: the first and the last are full, without one
place(name, n) = n < 1 ? NaN : word(networks, n) eq name ? n : place(name, n - 1)
here(b) = strcol("board") eq b ? place(strcol("network"), bars) : NaN
is_part(p) = strcol("part") eq p
bar(p, b) = (walk(percent, absolute), is_part(word(parts, p)) ? here(b) : NaN)

# Walks the parts of a network from below: where the present one begins and ends [%], and what they sum to.
walk(percent, absolute) = (low = is_part("attention") ? 0 : high, high = low + column(percent), top = is_part("decision") ? high : top, \
    total = is_part("attention") ? column(absolute) : is_part("request") || is_part("edge-only") ? total : total + column(absolute))
amount(t, unit) = sprintf(1e3 * t < 0.995 ? "%.2f %s" : 1e3 * t < 9.95 ? "%.1f %s" : "%.0f %s", 1e3 * t, unit)
# A label stands on the bar, or on the point where that is in its way.
label_y(point) = point > top - 0.02 * S_max && point < top + 0.12 * S_max ? max(point, top) : top
stats csv using (share = column("share_percent"), link = strcol("link"), 0) nooutput
low = 0; high = 0; total = 0; top = 0
do for [b in boards] {
    stats csv using (strcol("board") eq b ? (cpu = column("cpu_mhz"), gpu = column("gpu_mhz"), mem = column("mem_mhz"), 0) : 0) nooutput
    do for [quantity in "time energy"] {
        percent = quantity . "_percent"; absolute = quantity eq "time" ? "time_s" : "energy_j"
        unit = quantity eq "time" ? "ms" : "mJ"
        set xrange [*:*]; set yrange [*:*]
        stats csv using (walk(percent, absolute), is_part("decision") ? high : is_part("edge-only") ? \
            100 * total / column(absolute) : NaN) nooutput name "S"
        set title quantity eq "time" ? sprintf("%s, %g %% of the channels sent over %s", b, share, link) \
            : sprintf("CPU %.0f, GPU %.0f, memory %.0f MHz", cpu, gpu, mem) offset 0, -0.4
        set ylabel b eq word(boards, 1) ? sprintf("part of the %s [%%]", quantity) : ""
        set grid noxtics
        set xrange [0.4:bars + 0.6]; set yrange [0:1.14 * S_max]
        unset xtics
        if (quantity eq "energy") {
            set xtics rotate by 35 right scale 0 ()
            do for [n = 1:bars] { set xtics add (word(networks, n) n) }
        }
        set style fill solid border lc rgb "#333333"
        plot csv using (bar(1, b)):(high):(here(b) - 0.3):(here(b) + 0.3):(low):(high) \
                 with boxxyerror fs solid fc rgb fill_colour[1] dt solid lw 0.7, \
             for [p = 2:3] csv using (bar(p, b)):(high):(here(b) - 0.3):(here(b) + 0.3):(low):(high) \
                 with boxxyerror fs pattern hatch(p) fc rgb fill_colour[p] dt solid lw 0.7, \
             csv using (bar(4, b)):(high):(here(b) - 0.3):(here(b) + 0.3):(low):(high) \
                 with boxxyerror fs solid fc rgb fill_colour[4] dt solid lw 0.7, \
             csv using (walk(percent, absolute), is_part("edge-only") ? here(b) : NaN):(label_y(100 * total / column(absolute))): \
                 (amount(total, unit)) with labels offset 0, 0.6 font ",9", \
             csv using (walk(percent, absolute), is_part("edge-only") ? here(b) : NaN):(100 * total / column(absolute)) \
                 with points pt 6 ps 1 lw 1.5 lc rgb colour[3]
    }
}
load legend
half = 6
plot for [p = 1:4:3] '+' using (sample_x(p) + sample_w / 2):(sample_y(p)):(sample_w / 2):(half) every 2 \
         with boxxyerror fs solid fc rgb fill_colour[p] dt solid lw 0.7, \
     for [p = 2:3] '+' using (sample_x(p) + sample_w / 2):(sample_y(p)):(sample_w / 2):(half) every 2 \
         with boxxyerror fs pattern hatch(p) fc rgb fill_colour[p] dt solid lw 0.7, \
     '+' using (sample_x(5) + sample_w / 2):(sample_y(5)) every 2 with points pt 6 ps 1 lw 1.5 lc rgb colour[3]
unset multiplot
