package policy

import "strings"

// Like returns whether a text matches a pattern of IAM, in which * stands for any text and ? for one character. ${…} in either is
// what only the deployment knows.
func Like(pattern, value string) Match { return like(pattern, value, true) }

// LikeARN returns what Like does for ARNs, whose parts are compared one by one.
func LikeARN(pattern, value string) Match {
	p, v := ARNParts(pattern), ARNParts(value)
	if len(p) < arnParts || len(v) < arnParts {
		return Like(pattern, value)
	}
	answer := Yes
	for i := range p {
		answer = min(answer, Like(p[i], v[i]))
	}
	return answer
}

// arnParts is how many parts an ARN has; the last may contain colons.
const arnParts = 6

// ARNParts returns the parts of an ARN: six, the last of which may contain colons, as those in ${…} do.
func ARNParts(arn string) (list []string) {
	depth, from := 0, 0
	for i := 0; i < len(arn) && len(list) < arnParts-1; i++ {
		switch {
		case strings.HasPrefix(arn[i:], "${"):
			depth++
		case arn[i] == '}':
			depth = max(depth-1, 0)
		case arn[i] == ':' && depth == 0:
			list, from = append(list, arn[from:i]), i+1
		}
	}
	return append(list, arn[from:])
}

// longest is how long texts may be for all ways to be tried in which open parts can match; beyond it the answer is Maybe.
const longest = 2_000

func like(pattern, value string, wildcards bool) Match {
	p, v := tokens(pattern, wildcards), tokens(value, false)
	if len(p) > longest || len(v) > longest {
		return Maybe
	}
	switch {
	case !overlap(p, v, true):
		return No
	case overlap(p, v, false):
		return Yes
	}
	return Maybe
}

// token is one character, or a part of a text.
type token rune

const (
	anyText token = -1 - iota // *
	anyChar                   // ?
	open                      // ${…}
)

func tokens(text string, wildcards bool) (list []token) {
	for i := 0; i < len(text); {
		if strings.HasPrefix(text[i:], "${") {
			if end := strings.IndexByte(text[i:], '}'); end > 0 {
				list = append(list, open)
				i += end + 1
				continue
			}
		}
		switch c := token(text[i]); {
		case wildcards && c == '*':
			list = append(list, anyText)
		case wildcards && c == '?':
			list = append(list, anyChar)
		default:
			list = append(list, c)
		}
		i++
	}
	return list
}

// overlap reports whether some text matches both the pattern and the value. Unless open parts may be anything, only the pattern's
// wildcards stand for them.
func overlap(pattern, value []token, openIsAnything bool) bool {
	// reach[j] is whether what is read of the pattern can have consumed j tokens of the value.
	reach := make([]bool, len(value)+1)
	reach[0] = true
	skipOpen := func(reach []bool) {
		for j, t := range value {
			if t == open && openIsAnything && reach[j] {
				reach[j+1] = true // the open part is empty here, or over
			}
		}
	}
	skipOpen(reach)
	for _, p := range pattern {
		next := make([]bool, len(value)+1)
		if p == anyText || p == open && openIsAnything {
			seen := false
			for j, r := range reach {
				seen = seen || r
				next[j] = seen
			}
		} else {
			for j, v := range value {
				switch {
				case !reach[j]:
				case v == open && openIsAnything:
					next[j], next[j+1] = true, true
				case v == open || p == open:
				case p == anyChar || p == v:
					next[j+1] = true
				}
			}
		}
		skipOpen(next)
		reach = next
	}
	return reach[len(value)]
}
