package source

import (
	"fmt"
	"io"
	"os"
)

// MaxSize is how large a file may be, in bytes. CloudFormation takes templates of 1 MB; larger than this, reading would take minutes.
const MaxSize = 8 << 20

// ReadFile returns the content of a regular file of at most MaxSize bytes. Others are refused before they are read: a pipe that
// nobody writes to would never end.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: is a folder; expected a file", name)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is not a regular file; expected one", name)
	}
	if info.Size() > MaxSize {
		return nil, tooLarge(name, info.Size())
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return readAll(name, file)
}

// readAll returns what can be read, unless it is more than MaxSize bytes.
func readAll(name string, from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, MaxSize+1))
	if err == nil && len(text) > MaxSize {
		return nil, fmt.Errorf("%s: has more than %d bytes; expected at most that", name, MaxSize)
	}
	return text, err
}

func tooLarge(name string, size int64) error {
	return fmt.Errorf("%s: has %d bytes; expected at most %d", name, size, MaxSize)
}
