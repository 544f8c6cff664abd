# A logarithmic y axis no wider than its values, `low` to `high`, but at least a factor of 3 (a constant curve has a range
# too). The fewer decades, the more digits have a label; two labels are the least, whatever the range.
unset logscale y
middle = sqrt(low * high)
low = min(low / 1.12, middle / 1.75)
high = max(high * 1.12, middle * 1.75)
set yrange [low:high]
set logscale y
set format y "%g"
unset mytics
set ytics ()
do for [decade = floor(log10(low)):ceil(log10(high))] {
    do for [digit = 1:9] {
        mark = digit * 10.0**decade
        named = strstrt(high / low < 6 ? "1 2 3 4 5 7" : high / low < 100 ? "1 2 5" : "1", sprintf("%d", digit)) > 0
        if (mark >= low && mark <= high) { if (named) { set ytics add (mark 0) } else { set ytics add ("" mark 1) } }
    }
}
