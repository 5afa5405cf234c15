// Package cgroup reads what a Linux container may use of its machine, and how much of it is in use, from control groups of version 2 or 1.
package cgroup

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// unlimited is from where on a limit of version 1 means that there is none: it writes the largest multiple of the page size.
const unlimited = 1 << 60

// Group is the control group of this process. Its methods read files of a few bytes.
type Group struct {
	root    fs.FS
	unified string // folder of version 2
	cpu     string // folders of version 1
	memory  string
}

// Of returns the process's group, from the file system at its root. Where nothing is found, the group has no limits.
func Of(root fs.FS) *Group {
	g := &Group{root: root}
	for line := range g.lines("proc/self/cgroup") {
		parts := strings.SplitN(line, ":", 3) // hierarchy:controllers:path
		if len(parts) != 3 {
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			switch controller {
			case "":
				g.unified = g.folder("sys/fs/cgroup", parts[2], "memory.current")
			case "cpu":
				g.cpu = g.folder("sys/fs/cgroup/cpu", parts[2], "cpu.cfs_quota_us")
			case "memory":
				g.memory = g.folder("sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes")
			}
		}
	}
	return g
}

// folder returns the group's folder below the mount, or the mount itself: a container sees its own group there, under a path that is the
// machine's.
func (g *Group) folder(mount, group, file string) string {
	own := path.Join(mount, group)
	if _, err := fs.Stat(g.root, path.Join(own, file)); err == nil {
		return own
	}
	return mount
}

// CPUs returns how many CPUs the group may keep busy, which may be a fraction, and whether there is a limit.
func (g *Group) CPUs() (float64, bool) {
	if fields := strings.Fields(g.text(g.unified, "cpu.max")); len(fields) == 2 {
		quota, err := strconv.ParseFloat(fields[0], 64) // not a number: max
		period, periodErr := strconv.ParseFloat(fields[1], 64)
		return quota / period, err == nil && periodErr == nil && quota > 0 && period > 0
	}
	quota, ok := g.number(g.cpu, "cpu.cfs_quota_us")
	period, periodOK := g.number(g.cpu, "cpu.cfs_period_us")
	return quota / period, ok && periodOK && quota > 0 && period > 0
}

// Memory returns the bytes that are in use and how many there are, by the group where it has a limit, else by the machine, and whether they
// are known. Files that are cached and can be dropped do not count as in use.
func (g *Group) Memory() (used, limit float64, ok bool) {
	if used, limit, ok = g.memoryOf(g.unified, "memory.current", "memory.max", "inactive_file"); ok {
		return used, limit, true
	}
	if used, limit, ok = g.memoryOf(g.memory, "memory.usage_in_bytes", "memory.limit_in_bytes", "total_inactive_file"); ok {
		return used, limit, true
	}
	total, available := g.field("proc/meminfo", "MemTotal:"), g.field("proc/meminfo", "MemAvailable:")
	return 1024 * (total - available), 1024 * total, total > 0
}

func (g *Group) memoryOf(folder, usage, limit, cached string) (used, most float64, ok bool) {
	used, ok = g.number(folder, usage)
	most, limited := g.number(folder, limit)
	return max(used-g.field(path.Join(folder, "memory.stat"), cached), 0), most, ok && limited && most > 0 && most < unlimited
}

func (g *Group) number(folder, file string) (float64, bool) {
	n, err := strconv.ParseFloat(g.text(folder, file), 64)
	return n, err == nil
}

// text returns a file's text, and nothing where there is none.
func (g *Group) text(folder, file string) string {
	if folder == "" {
		return ""
	}
	text, err := fs.ReadFile(g.root, path.Join(folder, file))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// field returns the number after the name in a file with a name and a number on each line, and 0 where there is none.
func (g *Group) field(file, name string) float64 {
	for line := range g.lines(file) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == name {
			n, _ := strconv.ParseFloat(fields[1], 64)
			return n
		}
	}
	return 0
}

func (g *Group) lines(file string) func(func(string) bool) {
	text, err := fs.ReadFile(g.root, file)
	return func(yield func(string) bool) {
		if err != nil {
			return
		}
		for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
			if !yield(s.Text()) {
				return
			}
		}
	}
}
