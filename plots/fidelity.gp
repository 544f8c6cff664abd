# Predicted against measured, one panel per board and runtime for latency, then one per board for module power; equal axes.
# Columns of the CSV: board, runtime, precision, network, input_px, cpu_cores, cpu_mhz, gpu_mhz, mem_mhz, calibrated (do the
# measurements behind the profile reach these clocks), quantity (latency_ms, power_w), left_out, measured, predicted.
load system("printenv DVFO_STYLE")
titles = "'predicted = measured' 'within 10 %' 'held out, anchored' 'held out, beyond range'"
panel_w = 270; panel_h = 270; gap_x = 72; gap_y = 84
array pt_of[6] = [6, 4, 8, 10, 12, 14] # open, so that points show through each other
array line_of[6] = [2, 3, 4, 5, 6, 7]
held_pt = 2; beyond_pt = 1

# Of the row that is read: which panel it belongs to, whether a fit left it out or no fit ever reads it, its error.
is_latency(quantity) = quantity eq "latency_ms"
name_of(quantity) = strcol("board") . (is_latency(quantity) ? ", " . strcol("runtime") : "")
is_in(quantity, panel) = strcol("quantity") eq quantity && name_of(quantity) eq panel
is_left(quantity, panel) = is_in(quantity, panel) && strcol("left_out") ne "held out" && strcol("left_out") ne "anchor"
is_held(quantity, panel) = is_in(quantity, panel) && strcol("left_out") eq "held out"
measured(chosen) = chosen ? column("measured") : NaN
error(chosen) = chosen ? abs(column("predicted") / column("measured") - 1) : NaN
begins(text, word) = text[1:strlen(word)] eq word
part(text) = begins(text, "network ") ? text[9:] : begins(text, "mem ") ? "memory " . text[5:] \
    : begins(text, "cpu ") ? "CPU " . text[5:] : begins(text, "gpu ") ? "GPU " . text[5:] : text
mark_of(precisions) = words(precisions) > 1 ? strcol("precision") : part(strcol("left_out"))
per_cent(x) = sprintf(x >= 0.0995 ? "%.0f %%" : "%.2g %%", 100 * x)

# Lists of quoted names, filled while stats walks the file.
add(list, name) = strstrt(list, "'" . name . "'") ? list : list . " '" . name . "'"
list_panels(quantity) = sprintf("found = ''; stats csv using (%s ? (found = add(found, name_of('%s')), 0) : NaN) nooutput", \
    "strcol('quantity') eq '" . quantity . "'", quantity)
count_in(quantity) = sprintf("stats csv using (strcol('quantity') eq '%s') nooutput name 'Q'", quantity)
latency_panels = ""; power_panels = ""
eval count_in("latency_ms"); if (Q_sum > 0) { eval list_panels("latency_ms"); latency_panels = found }
eval count_in("power_w"); if (Q_sum > 0) { eval list_panels("power_w"); power_panels = found }
panel_columns = min(3, max(words(latency_panels), words(power_panels)))
rows_of(panels) = int(ceil(words(panels) / real(panel_columns)))
panel_rows = rows_of(latency_panels) + rows_of(power_panels)

eval page(panel_rows, panel_columns, "rowsfirst")
unset key
set samples 60
axes = "x y"
do for [quantity in "latency_ms power_w"] {
    panels = is_latency(quantity) ? latency_panels : power_panels
    unit = is_latency(quantity) ? "latency [ms]" : "module power [W]"
    do for [p = 1:rows_of(panels) * panel_columns] {
        if (p > words(panels)) { set multiplot next; continue }
        panel = word(panels, p)
        set xrange [*:*]; set yrange [*:*]; unset logscale
        stats csv using (measured(is_in(quantity, panel))):(column("predicted")) nooutput name "S"
        low = min(S_min_x, S_min_y); high = max(S_max_x, S_max_y)
        precisions = ""; marks = ""; kind = ""; left_out = 0
        stats csv using (is_left(quantity, panel)) nooutput name "N"; left_out = int(N_sum)
        stats csv using (is_held(quantity, panel)) nooutput name "N"; held_out = int(N_sum)
        if (left_out > 0) {
            stats csv using (is_left(quantity, panel) ? (precisions = add(precisions, strcol("precision")), 0) : NaN) nooutput
            stats csv using (is_left(quantity, panel) ? (marks = add(marks, mark_of(precisions)), \
                kind = begins(strcol("left_out"), "network ") ? "networks" : "clocks", 0) : NaN) nooutput
            stats csv using (error(is_left(quantity, panel))) nooutput name "L"
        }
        if (held_out > 0) { stats csv using (error(is_held(quantity, panel))) nooutput name "H" }
        if (is_latency(quantity)) {
            load log_axis
        } else {
            low = 0; high = 1.08 * high
            unset logscale
            set xrange [0:high]; set yrange [0:high]
            set xtics autofreq; set ytics autofreq
        }
        unset label
        if (left_out > 0) {
            set label 1 "median error " . per_cent(L_median) at graph 0.04, 0.94 front
            set label 2 sprintf("%d points, %s left out", left_out, kind) at graph 0.04, 0.875 front font ",9"
        }
        if (held_out > 0) {
            set label 3 sprintf("held out: %s, %d points", per_cent(H_median), held_out) at graph 0.04, 0.82 front font ",9"
        }
        kinds = min(6, words(marks))
        do for [m = 1:kinds] {
            set label 10 + m m == 6 && words(marks) > 6 ? "others" : word(marks, m) at graph 0.62, 0.04 + 0.065 * (kinds - m) \
                front font ",9" point pt pt_of[m] ps 0.8 lc rgb colour[line_of[m]] offset 1, 0
        }
        set title panel . (is_latency(quantity) && words(precisions) == 1 ? " " . word(precisions, 1) : "") offset 0, -0.5
        set xlabel "measured " . unit offset 0, 0.4
        set ylabel (p - 1) % panel_columns == 0 ? "predicted " . unit : ""
        plot '+' using 1:(0.9 * $1):(1.1 * $1) with filledcurves fc rgb "#e4e4e4", \
            x with lines lc rgb "#555555" lw 1 dt solid, \
            for [m = 1:words(marks)] csv using \
                (measured(is_left(quantity, panel) && mark_of(precisions) eq word(marks, m))):(column("predicted")) \
                with points pt pt_of[min(m, 6)] ps 0.8 lw 1.2 lc rgb colour[line_of[min(m, 6)]], \
            csv using (measured(is_held(quantity, panel) && strcol("calibrated") eq "yes")):(column("predicted")) \
                with points pt held_pt ps 0.8 lw 1.5 lc rgb colour[1], \
            csv using (measured(is_held(quantity, panel) && strcol("calibrated") eq "no")):(column("predicted")) \
                with points pt beyond_pt ps 0.8 lw 1.2 lc rgb "#666666"
    }
}
unset label
load legend
half = 5
plot '+' using (sample_x(2) + sample_w / 2):(sample_y(2)):(sample_w / 2):(half) every 2 with boxxyerror fs solid fc rgb "#e4e4e4", \
    '+' using (sample_x(1) + $0 * sample_w):(sample_y(1)) with lines lc rgb "#555555" lw 1 dt solid, \
    '+' using (sample_x(3) + sample_w / 2):(sample_y(3)) every 2 with points pt held_pt ps 0.8 lw 1.5 lc rgb colour[1], \
    '+' using (sample_x(4) + sample_w / 2):(sample_y(4)) every 2 with points pt beyond_pt ps 0.8 lw 1.2 lc rgb "#666666"
unset multiplot
