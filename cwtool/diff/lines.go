package diff

import (
	"slices"
	"strings"
)

// around is how many unchanged lines a difference shows on each side.
const around = 1

// maxCells bounds the table that the longest common part is found with. Beyond it everything counts as changed.
const maxCells = 4_000_000

// unified is the difference between two texts, line by line.
func unified(old, new string) []string {
	a, b := lines(old), lines(new)
	all := edits(a, b)
	var out []string
	for i, line := range all {
		near := all[max(0, i-around):min(len(all), i+around+1)]
		if slices.ContainsFunc(near, func(l string) bool { return l[0] != ' ' }) {
			out = append(out, line)
		} else if len(out) > 0 && out[len(out)-1] != gap {
			out = append(out, gap)
		}
	}
	if n := len(out); n > 0 && out[n-1] == gap {
		out = out[:n-1]
	}
	return out
}

const gap = " …"

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// edits are all lines of both texts, each once if it is in both, with what becomes of it: "-", "+" or a space.
func edits(a, b []string) (out []string) {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		out = append(out, " "+a[start])
		start++
	}
	a, b = a[start:], b[start:]
	var tail []string
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, " "+a[len(a)-1])
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	slices.Reverse(tail)
	common := longest(a, b)
	i, j := 0, 0
	for _, c := range append(common, [2]int{len(a), len(b)}) {
		for ; i < c[0]; i++ {
			out = append(out, "-"+a[i])
		}
		for ; j < c[1]; j++ {
			out = append(out, "+"+b[j])
		}
		if i < len(a) {
			out = append(out, " "+a[i])
		}
		i, j = i+1, j+1
	}
	return append(out, tail...)
}

// longest is the longest common subsequence, as places in both.
func longest(a, b []string) (common [][2]int) {
	if len(a)*len(b) > maxCells {
		return nil
	}
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			common = append(common, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return common
}
