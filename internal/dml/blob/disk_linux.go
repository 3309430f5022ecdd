package blob

import (
	"io/fs"
	"os"
	"syscall"
)

const syncFileRangeWrite = 2

// startWriteback asks the kernel to begin writing early, so that the fsync at
// the end finds little left. It is advice: a refusal costs only time.
func startWriteback(f *os.File, offset, length int64) {
	_ = syscall.SyncFileRange(int(f.Fd()), offset, length, syncFileRangeWrite)
}

func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// alive tells whether some process still uploads into the file.
func alive(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

func freeSpace(dir string) (int64, error) {
	free, _, err := roomOf(dir)
	return free, err
}

func roomOf(dir string) (free, total int64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * st.Bsize, int64(st.Blocks) * st.Bsize, nil
}

// generation tells two copies of a blob apart. The time alone would not: the
// kernel's clock for files ticks only every few milliseconds.
func generation(info fs.FileInfo) int64 {
	g := info.ModTime().UnixNano()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		g ^= int64(st.Ino)
	}
	return g
}
