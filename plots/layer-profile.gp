# Latency and energy of each layer of one network on one board: at the top clocks as bars in the order of execution, and
# with one clock lowered at a time relative to that.
# Columns of the CSV: board, network, lowered (top, cpu, gpu, mem: which clock is lowered), cpu_mhz, gpu_mhz, mem_mhz, index,
# layer, class, standing, gpu_ms, latency_ms, gpu_mj, cpu_mj, energy_mj, latency_relative, energy_relative.
load system("printenv DVFO_STYLE")
panel_rows = 4
panel_columns = 1
stats csv using "index" nooutput name "N"
bars = int(N_max) + 1
panel_w = max(860, min(1240, 24 * bars)); panel_h = 160; gap_x = 0; gap_y = 42
name_line = 13.0 # room that a layer's name takes
every = max(1, int(ceil(name_line * bars / panel_w)))
axis = 160 # layers' names stand upright
titles = "'kernel, measured' 'kernel, calibrated' 'kernel, assumption' 'launch or host work' 'energy: GPU' 'energy: CPU' 'energy: rest' 'CPU clock lowered' 'GPU clock lowered' 'memory clock lowered'"
standings = "measured calibrated assumption"
hatch(s) = s == 2 ? 4 : 0 # hatched, empty, on white: patterns have seams in PDF; the first is full, without one
gpu_colour = "#0072b2"; cpu_colour = "#e69f00"; rest_colour = "#dddddd"; bar_colour = "#333333"
clocks = "cpu gpu mem"
clock_names = "CPU GPU memory"
lowered(clock) = strcol("lowered") eq clock ? column("index") : NaN
standing_of(s) = s eq "documented" ? "calibrated" : s # nothing assumed
kernel(s) = standing_of(strcol("standing")) eq word(standings, s) && column("gpu_ms") > 0 ? lowered("top") : NaN
shown(name) = strlen(name) > 22 ? name[1:20] . ".." : name
tick(i, name) = int(i) % every == 0 ? shown(name) : ""
nice(x, unit) = x / unit < 2 ? unit : x / unit < 5 ? 2 * unit : 5 * unit # step of an axis
eval page(panel_rows, panel_columns, "columnsfirst")
set boxwidth 0.8
set style fill solid 1.0 border
set grid noxtics
unset key
unset xtics
over(clock, quantity) = sprintf("stats csv using (strcol('lowered') eq '%s' ? column('%s') : NaN) nooutput name 'S'", \
    clock, quantity)
do for [row = 1:4] {
    energy = row % 2 == 0
    quantity = energy ? "energy_mj" : "latency_ms"
    set xrange [*:*]; set yrange [*:*]
    eval over("top", quantity); top_sum = S_sum; top_max = S_max
    heading = sprintf("%s of %s on %s: %.4g %s in all, at", energy ? "energy" : "latency", networks, boards, top_sum, \
        energy ? "mJ" : "ms")
    relative = sprintf("%s in all, with one clock lowered:", energy ? "energy" : "latency")
    do for [i = 1:3] {
        clock = word(clocks, i)
        eval over("top", clock . "_mhz")
        heading = heading . sprintf("%s %s %.6g", i == 1 ? "" : ",", word(clock_names, i), S_max)
        stats csv using (strcol("lowered") eq clock) nooutput name "S"
        if (S_sum > 0) { # a board with one clock has none to lower
            eval over(clock, clock . "_mhz"); mhz = S_max
            eval over(clock, quantity)
            relative = relative . sprintf("   %s %.6g MHz: x %.2f", word(clock_names, i), mhz, S_sum / top_sum)
        }
    }
    set title row > 2 ? relative : heading . " MHz" offset 0, -0.5
    set ylabel word("'latency [ms]' 'energy [mJ]' 'latency / at top' 'energy / at top'", row)
    set ytics autofreq
    set format y "%g"
    if (row == 1) { # below the bars a strip, for layers whose bar is too small to show its pattern
        strip = 0.06 * top_max
        set xrange [-0.8:bars - 0.2]; set yrange [-1.7 * strip:1.05 * top_max]
        set ytics 0, nice(top_max / 4, 10**floor(log10(top_max / 4)))
        plot csv using (lowered("top")):(column("latency_ms")) with boxes fc rgb cpu_colour dt solid, \
            csv using (kernel(1)):(column("gpu_ms")) with boxes fc rgb bar_colour dt solid lw 1, \
            for [s = 2:3] csv using (kernel(s)):(column("gpu_ms")) with boxes fs solid noborder fc rgb "white", \
            for [s = 2:3] csv using (kernel(s)):(column("gpu_ms")) \
                with boxes fs pattern hatch(s) fc rgb bar_colour dt solid lw 1, \
            csv using (kernel(1)):(-strip):(0.4):(strip / 2) with boxxyerror fc rgb bar_colour dt solid lw 0.5, \
            for [s = 2:3] csv using (kernel(s)):(-strip):(0.4):(strip / 2) \
                with boxxyerror fs pattern hatch(s) fc rgb bar_colour dt solid lw 0.5
    }
    if (row == 2) {
        set xrange [-0.8:bars - 0.2]; set yrange [0:1.05 * top_max]
        plot csv using (lowered("top")):(column("energy_mj")) with boxes fc rgb rest_colour dt solid, \
            csv using (lowered("top")):(column("gpu_mj") + column("cpu_mj")) with boxes fc rgb cpu_colour dt solid, \
            csv using (lowered("top")):(column("gpu_mj")) with boxes fc rgb gpu_colour dt solid
    }
    if (row > 2) {
        quantity = energy ? "energy_relative" : "latency_relative"
        stats csv using quantity nooutput name "R"
        low = min(0.9, 0.95 * R_min); high = max(1.1, 1.05 * R_max)
        set xrange [-0.8:bars - 0.2]; set yrange [low:high]
        plot for [i = 1:3] csv using (bars <= 80 ? lowered(word(clocks, i)) : NaN):(column(quantity)) \
                with lines lt i + 1 lw 1.2, \
            for [i = 1:3] csv using (lowered(word(clocks, i))):(column(quantity)) with points lt i + 1 lw 1.2 ps 0.7, \
            csv using (row == 4 ? lowered("top") : NaN):(low):(tick(column("index"), strcol("layer"))) \
                with labels rotate by 90 right offset 0, -0.4 font ",9"
    }
}
load legend
half = 6 # height of a sample
box(i) = sprintf("'+' using (sample_x(%d) + sample_w / 2):(sample_y(%d)):(sample_w / 2):(half) every 2 with boxxyerror dt solid", \
    i, i)
eval "plot " . box(1) . " fc rgb bar_colour, " . box(2) . " fs pattern hatch(2) fc rgb bar_colour, " \
    . box(3) . " fs pattern hatch(3) fc rgb bar_colour, " . box(4) . " fc rgb cpu_colour, " . box(5) \
    . " fc rgb gpu_colour, " . box(6) . " fc rgb cpu_colour, " . box(7) . " fc rgb rest_colour, " \
    . "for [i = 8:10] '+' using (sample_x(i) + $0 * sample_w):(sample_y(i)) with lines lt i - 6, " \
    . "for [i = 8:10] '+' using (sample_x(i) + sample_w / 2):(sample_y(i)) every 2 with points lt i - 6"
unset multiplot
