# Parts of the energy of one inference, by the rail that it comes from: a panel per board, a bar per network, the energy in
# absolute terms behind it.
# Columns of the CSV: board, network, energy_j, and for each part of `parts` X_percent.
load system("printenv DVFO_STYLE")
parts = "gpu_rail cpu_gpu_rail cpu_rail memory_rail rest_rail other"
titles = "'GPU rail' 'CPU and GPU rail' 'CPU rail' 'memory rail' 'rest of the module' 'converters, board'"
panel_rows = 1; panel_columns = words(boards)
bars = words(networks)
panel_w = 300; panel_h = 26 * bars; gap_x = 62; gap_y = 0
left = longest(networks, bars) * letter + 22
eval page(panel_rows, panel_columns, "rowsfirst")
unset key
array fill_colour[6] = ["#0072b2", "#0072b2", "#e69f00", "#009e73", "#bbbbbb", "#ffffff"]
hatch(p) = p == 2 ? 4 : p == 3 ? 6 : 0
row_of(name) = sum [i = 1:bars] (word(networks, i) eq name ? i : 0)
part(p) = column(word(parts, p) . "_percent")
below(p) = p <= 1 ? 0 : below(p - 1) + part(p - 1)
amount(e) = sprintf(e < 0.0995 ? "%.0f mJ" : e < 9.95 ? "%.2f J" : "%.1f J", e < 0.0995 ? 1e3 * e : e)
set yrange [bars + 0.6:0.4]
set xrange [0:122]
set xtics 0, 20, 100
set grid noytics
set style fill solid border lc rgb "#333333"
do for [b in boards] {
    set title b offset 0, -0.5
    set xlabel "part of the energy [%]"
    unset ytics
    if (b eq word(boards, 1)) { set ytics scale 0 (); do for [i = 1:bars] { set ytics add (word(networks, i) i) } }
    here(ignored) = strcol("board") eq b ? row_of(strcol("network")) : NaN
    plot for [p = 1:6] csv using (below(p)):(here(0)):(below(p)):(below(p) + part(p)):(here(0) - 0.36):(here(0) + 0.36) \
             with boxxyerror fs solid fc rgb (p == 2 ? "#ffffff" : p == 3 ? "#ffffff" : fill_colour[p]) dt solid lw 0.7, \
         for [p = 2:3] csv using (below(p)):(here(0)):(below(p)):(below(p) + part(p)):(here(0) - 0.36):(here(0) + 0.36) \
             with boxxyerror fs pattern hatch(p) fc rgb fill_colour[p] dt solid lw 0.7, \
         csv using (102):(here(0)):(amount(column("energy_j"))) with labels left font ",9"
}
load legend
half = 6
plot for [p = 1:6] '+' using (sample_x(p) + sample_w / 2):(sample_y(p)):(sample_w / 2):(half) every 2 \
         with boxxyerror fs solid fc rgb (p == 2 ? "#ffffff" : p == 3 ? "#ffffff" : fill_colour[p]) dt solid lw 0.7, \
     for [p = 2:3] '+' using (sample_x(p) + sample_w / 2):(sample_y(p)):(sample_w / 2):(half) every 2 \
         with boxxyerror fs pattern hatch(p) fc rgb fill_colour[p] dt solid lw 0.7
unset multiplot
