package cgroup

import (
	"os"
	"testing"
	"testing/fstest"
)

func files(texts map[string]string) fstest.MapFS {
	fs := fstest.MapFS{}
	for name, text := range texts {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

var machine = "MemTotal:  2000 kB\nMemFree: 100 kB\nMemAvailable:  500 kB\n"

func TestLimitsAndUseAreReadFromBothVersions(t *testing.T) {
	for name, c := range map[string]struct {
		files       map[string]string
		cpus        float64 // 0: no limit
		used, limit float64
	}{
		"version 2 in a container of its own": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.current": "900\n", "sys/fs/cgroup/memory.max": "1000\n",
			"sys/fs/cgroup/memory.stat": "anon 700\ninactive_file 200\n", "sys/fs/cgroup/cpu.max": "25000 100000\n",
		}, 0.25, 700, 1000},
		"version 2 below the machine's root": {map[string]string{
			"proc/self/cgroup": "0::/system.slice/api\n", "sys/fs/cgroup/system.slice/api/memory.current": "50",
			"sys/fs/cgroup/system.slice/api/memory.max": "100", "sys/fs/cgroup/system.slice/api/cpu.max": "max 100000", "proc/meminfo": machine,
		}, 0, 50, 100},
		"version 2 without a limit": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.current": "900\n", "sys/fs/cgroup/memory.max": "max\n", "proc/meminfo": machine,
		}, 0, 1500 * 1024, 2000 * 1024},
		"version 1 in a container whose path is the machine's": {map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000", "sys/fs/cgroup/memory/memory.usage_in_bytes": "800",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1000", "sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 300\n",
		}, 1.5, 500, 1000},
		"version 1 without a limit": {map[string]string{
			"proc/self/cgroup": "5:cpu:/\n4:memory:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "800", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712", "proc/meminfo": machine,
		}, 0, 1500 * 1024, 2000 * 1024},
		"none":           {map[string]string{"proc/meminfo": machine}, 0, 1500 * 1024, 2000 * 1024},
		"not even Linux": {nil, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := Of(files(c.files))
			if cpus, ok := g.CPUs(); ok != (c.cpus > 0) || ok && cpus != c.cpus {
				t.Errorf("%v CPUs, %v; want %v", cpus, ok, c.cpus)
			}
			if used, limit, ok := g.Memory(); ok != (c.limit > 0) || ok && (used != c.used || limit != c.limit) {
				t.Errorf("%v of %v bytes, %v; want %v of %v", used, limit, ok, c.used, c.limit)
			}
		})
	}
}

func TestThisMachinesMemoryIsKnown(t *testing.T) {
	used, limit, ok := Of(os.DirFS("/")).Memory()
	if !ok || used <= 0 || used > limit {
		t.Errorf("%v of %v bytes in use, %v", used, limit, ok)
	}
}
