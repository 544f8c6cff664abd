# Logarithmic axes (`axes`: y, or both) no wider than their values, `low` to `high`, but at least a factor of 3 (a constant
# curve has a range too). The fewer decades, the more digits have a label; two labels are the least, whatever the range.
middle = sqrt(low * high)
low = min(low / 1.12, middle / 1.75)
high = max(high * 1.12, middle * 1.75)
do for [a in axes] {
    eval sprintf("unset logscale %s; set %srange [low:high]; set logscale %s; set format %s '%%g'; unset m%stics; set %stics ()", \
        a, a, a, a, a, a)
    do for [decade = floor(log10(low)):ceil(log10(high))] {
        do for [digit = 1:9] {
            mark = digit * 10.0**decade
            named = strstrt(high / low < 6 ? "1 2 3 4 5 7" : high / low < 100 ? "1 2 5" : "1", sprintf("%d", digit)) > 0
            if (mark >= low && mark <= high) {
                eval sprintf("set %stics add (%s mark %d)", a, named ? "" : "''", named ? 0 : 1)
            }
        }
    }
}
