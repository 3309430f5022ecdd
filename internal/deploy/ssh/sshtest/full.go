package sshtest

import (
	"io"
	"os"

	"github.com/pkg/sftp"
)

// noRoom is the files of a host whose disk is full: folders are there, and
// nothing can be written.
type noRoom struct{}

// Fileread finds nothing.
func (noRoom) Fileread(*sftp.Request) (io.ReaderAt, error) { return nil, os.ErrNotExist }

// Filewrite opens a file.
func (noRoom) Filewrite(*sftp.Request) (io.WriterAt, error) { return noRoom{}, nil }

// WriteAt has no room.
func (noRoom) WriteAt([]byte, int64) (int, error) { return 0, sftp.ErrSSHFxFailure }

// Filecmd makes folders.
func (noRoom) Filecmd(*sftp.Request) error { return nil }

// Filelist lists nothing.
func (noRoom) Filelist(*sftp.Request) (sftp.ListerAt, error) { return nil, os.ErrNotExist }

// StatVFS tells that nothing is free.
func (noRoom) StatVFS(*sftp.Request) (*sftp.StatVFS, error) {
	return &sftp.StatVFS{Bsize: 4096, Frsize: 4096, Blocks: 1000}, nil
}
