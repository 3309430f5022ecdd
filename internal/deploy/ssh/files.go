package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/pkg/sftp"
)

// root is the folder of Slipway in the home of the user.
const root = ".slipway"

// slowest is the rate in bytes a second below which a transfer counts as hung.
const slowest = 64 << 10

// File is a file for a host.
type File struct {
	Name string // as Names made it
	Size int64
	Body io.Reader
}

// Folder is a staging folder on a host: files for the commands, and beside them
// what was begun and how it ended.
type Folder struct {
	conn *Conn
	sftp *sftp.Client
	at   string // relative to the home
}

func (f *Folder) files() string            { return f.at + "/files" }
func (f *Folder) state(what string) string { return f.at + "/" + what }
func (f *Folder) path(name string) string  { return f.files() + "/" + name }
func (f *Folder) within(ctx context.Context) func(error) error {
	return f.conn.within(ctx, f.conn.patience.Operation)
}

// Open opens a staging folder by its name, and makes it where it is not there.
// Nobody but the user may look into it.
func (c *Conn) Open(ctx context.Context, name string) (*Folder, error) {
	within := c.within(ctx, c.patience.Operation)
	client, err := sftp.NewClient(c.client)
	if err != nil {
		return nil, fmt.Errorf("%s takes no files: %w", c.host, within(err))
	}
	f := &Folder{conn: c, sftp: client, at: root + "/" + Name(name)}
	if err = client.MkdirAll(f.files()); err == nil {
		err = client.Chmod(root, 0o700)
	}
	if err := within(err); err != nil {
		return nil, fmt.Errorf("%s: the staging folder %s cannot be made: %w", c.host, f.at, c.space(err, f, 0))
	}
	return f, nil
}

// Put stages a file. It has its name only once all of it is there.
func (f *Folder) Put(ctx context.Context, file File) error {
	within := f.conn.within(ctx, 2*f.conn.patience.Operation+time.Duration(file.Size/slowest)*time.Second)
	if err := within(f.put(file)); err != nil {
		return fmt.Errorf("%s: %s was not staged: %w", f.conn.host, file.Name, f.conn.space(err, f, file.Size))
	}
	return nil
}

func (f *Folder) put(file File) error {
	if Name(file.Name) != file.Name {
		return fmt.Errorf("%q is no name for a staged file", file.Name)
	}
	part := f.state(file.Name + ".part")
	out, err := f.sftp.Create(part)
	if err != nil {
		return err
	}
	n, err := out.ReadFrom(file.Body)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if n != file.Size {
		return fmt.Errorf("it has %d bytes, and %d were read", file.Size, n)
	}
	return f.sftp.PosixRename(part, f.path(file.Name))
}

// Full says that a host has no room left.
type Full struct{ Free, Needed int64 }

func (e *Full) Error() string {
	return fmt.Sprintf("its disk is full: %d bytes are free", e.Free)
}

// space tells a full disk from other failures, which SFTP itself does not.
func (c *Conn) space(err error, f *Folder, needed int64) error {
	var status *sftp.StatusError
	if f == nil || !errors.As(err, &status) {
		return err
	}
	stat, failed := f.sftp.StatVFS(".")
	if failed != nil || stat.FreeSpace() > uint64(needed) && stat.FreeSpace() > 64<<10 {
		return err
	}
	return &Full{Free: int64(stat.FreeSpace()), Needed: needed}
}

// Room refuses files for which a host has no room, before the first is sent. A
// host that does not tell its room is believed to have it.
func (f *Folder) Room(ctx context.Context, needed int64) error {
	within := f.within(ctx)
	stat, err := f.sftp.StatVFS(".")
	if within(err) != nil || stat.FreeSpace() > uint64(needed) {
		return within(nil)
	}
	return fmt.Errorf("%s: %w, and the files take %d", f.conn.host, &Full{Free: int64(stat.FreeSpace()), Needed: needed}, needed)
}

var digestLine = regexp.MustCompile(`^\\?([0-9a-f]{64}) [ *]`)

// Digest has the host hash a staged file: "sha256:…".
func (f *Folder) Digest(ctx context.Context, name string, size int64) (string, error) {
	var out capped
	limit := f.conn.patience.Operation + time.Duration(size/(8<<20))*time.Second
	code, err := f.conn.exec(ctx, "sha256sum "+f.path(name), &out, limit, 0)
	if err != nil {
		return "", fmt.Errorf("%s: %s was not hashed: %w", f.conn.host, name, err)
	}
	text := strings.TrimSpace(out.text())
	if found := digestLine.FindStringSubmatch(text); code == 0 && found != nil {
		return "sha256:" + found[1], nil
	}
	if code == 127 {
		return "", fmt.Errorf("%s has no sha256sum, so nothing can be proved there; install coreutils or busybox", f.conn.host)
	}
	return "", fmt.Errorf("%s: sha256sum of %s ended with %d: %.200s", f.conn.host, name, code, text)
}

// write writes a small file anew.
func (f *Folder) write(name, text string) error {
	out, err := f.sftp.Create(f.state(name))
	if err != nil {
		return err
	}
	_, err = out.Write([]byte(text))
	return errors.Join(err, out.Close())
}

// read reads a small file; "" with false where there is none.
func (f *Folder) read(name string) (text string, found bool, err error) {
	in, err := f.sftp.Open(f.state(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, 4096))
	return strings.TrimSpace(string(b)), true, err
}

// Clear removes other staging folders of which the name begins the same way:
// what earlier attempts left.
func (f *Folder) Clear(ctx context.Context, prefix string) error {
	within := f.within(ctx)
	list, err := f.sftp.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, entry := range list {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), prefix) && entry.Name() != path.Base(f.at) {
			err = errors.Join(err, f.sftp.RemoveAll(root+"/"+entry.Name()))
		}
	}
	return within(err)
}

// Close closes the folder, and leaves it where it is.
func (f *Folder) Close() error { return f.sftp.Close() }
