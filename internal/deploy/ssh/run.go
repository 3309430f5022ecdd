package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Command is something to run on a host, at most once in its folder.
type Command struct {
	ID    string // names it in its folder, such as "install-3"
	Once  string // the caller's own word by which it knows what it began itself
	Line  string // for sh -e, in the folder of the files
	Env   map[string]string
	Limit time.Duration
}

// Begun is what is known of a command in a folder.
type Begun struct {
	Begun bool
	Ended bool
	Code  int    // once ended
	once  string // who began it
	pid   string
}

// ErrTime says that a command did not end in its time, and was stopped.
var ErrTime = errors.New("it did not end in its time and was stopped")

// ErrFlood says that a command was stopped because it said too much.
var ErrFlood = fmt.Errorf("it wrote more than %d MiB of output and was stopped", Flood>>20)

// ErrLost says that a command is over, and that how it ended was not written
// down: its shell was killed, or the disk is full.
var ErrLost = errors.New("how it ended was not written down")

// ErrBegun says that somebody began the command before; it was not run again.
var ErrBegun = errors.New("it was begun before, and was not run again")

// Ask tells what became of a command. One that was never begun may be run.
func (f *Folder) Ask(ctx context.Context, id string) (b Begun, err error) {
	within := f.within(ctx)
	b, err = f.ask(id)
	if err = within(err); err != nil {
		err = fmt.Errorf("%s: it is not known what became of %s: %w", f.conn.host, id, err)
	}
	return b, err
}

func (f *Folder) ask(id string) (b Begun, err error) {
	text, begun, err := f.read("begun." + Name(id))
	if err != nil || !begun {
		return b, err
	}
	b.Begun = true
	b.once, b.pid, _ = strings.Cut(text, " ")
	if text, b.Ended, err = f.read("ended." + Name(id)); err != nil || !b.Ended {
		return b, err
	}
	if b.Code, err = strconv.Atoi(text); err != nil {
		b.Ended, err = false, nil // its disk was full, or it lost power as it wrote
	}
	return b, err
}

// script writes down that the command was begun before it begins it, and how it
// ended. When the connection breaks, the command goes on and the rest of what
// it says is lost, not the command.
const script = `cd %[1]s || exit 70
set -C
echo %[2]s "$$" 2>/dev/null >../begun.%[3]s || exit 75
set +C
%[4]s{
	sh -e ../command.%[3]s </dev/null 2>&1
	echo "$?" >../ended.%[3]s.part && mv ../ended.%[3]s.part ../ended.%[3]s
} | { trap '' PIPE; cat 2>/dev/null || cat >/dev/null; }
exit "$(cat ../ended.%[3]s 2>/dev/null || echo 74)"
`

// Run runs a command, unless it was begun before: then ErrBegun. Its output goes
// to out as it comes, and what it ends with is its code. One that is over time
// or says too much is stopped, with all that it started.
func (f *Folder) Run(ctx context.Context, c Command, out io.Writer) (code int, err error) {
	id := Name(c.ID)
	within := f.within(ctx)
	before, err := f.ask(id)
	if err == nil && !before.Begun {
		err = errors.Join(f.write("command."+id, c.Line+"\n"), f.write("run."+id, f.script(id, c)))
	}
	if err = within(err); err != nil {
		return 0, fmt.Errorf("%s: the command was not begun: %w", f.conn.host, f.conn.space(err, f, 0))
	}
	if before.Begun {
		return 0, ErrBegun
	}
	code, err = f.conn.exec(ctx, "exec sh "+f.state("run."+id), out, c.Limit, Flood)
	if errors.Is(err, ErrTime) || errors.Is(err, ErrFlood) {
		return 0, errors.Join(err, f.Stop(context.WithoutCancel(ctx), c.ID))
	}
	if err != nil || code != 70 && code != 74 && code != 75 {
		return code, err
	}
	return f.own(ctx, c, code)
}

// own tells a command's own code from one that says that it was not begun.
func (f *Folder) own(ctx context.Context, c Command, code int) (int, error) {
	now, err := f.Ask(ctx, c.ID)
	switch {
	case err != nil:
		return 0, err
	case now.once == c.Once && now.Ended:
		return now.Code, nil
	case now.once == c.Once:
		return 0, ErrLost
	case now.once != "":
		return 0, ErrBegun
	}
	return 0, fmt.Errorf("%s: that the command begins could not be written down in its staging folder, so it was not begun; is its disk full?", f.conn.host)
}

func (f *Folder) script(id string, c Command) string {
	var env strings.Builder
	for _, name := range slices.Sorted(keysOf(c.Env)) {
		fmt.Fprintf(&env, "export %s=%s\n", name, quote(c.Env[name]))
	}
	return fmt.Sprintf(script, quote(f.files()), quote(c.Once), id, env.String())
}

func keysOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

// Lives tells whether a command that was begun and did not end still runs.
func (f *Folder) Lives(ctx context.Context, b Begun) (bool, error) {
	if !digits(b.pid) {
		return false, nil
	}
	code, err := f.conn.exec(ctx, "kill -0 "+b.pid, io.Discard, f.conn.patience.Operation, 0)
	return code == 0, err
}

// Stop ends a command that runs, and all that it started: it is asked first, and
// killed when it does not listen.
func (f *Folder) Stop(ctx context.Context, id string) error {
	b, err := f.Ask(ctx, id)
	if err != nil || b.Ended || !digits(b.pid) {
		return err
	}
	kill := func(signal string) string {
		return fmt.Sprintf("kill -%s -%s 2>/dev/null || kill -%s %s 2>/dev/null", signal, b.pid, signal, b.pid)
	}
	line := fmt.Sprintf("exec sh -c %s", quote(kill("TERM")+"; for n in 1 2 3 4 5; do kill -0 "+b.pid+" 2>/dev/null || break; sleep 1; done; "+kill("KILL")+"; true"))
	_, err = f.conn.exec(ctx, line, io.Discard, f.conn.patience.Operation, 0)
	return err
}

func digits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// exec runs a line of the shell within a time, and gives its code.
func (c *Conn) exec(ctx context.Context, line string, out io.Writer, limit time.Duration, flood int64) (int, error) {
	said := metered{out: out, left: flood, over: make(chan struct{})}
	session, err := c.begin(ctx, line, &said)
	if err != nil {
		return 0, err
	}
	defer session.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrTime)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-said.over:
		return 0, ErrFlood
	case err = <-ended:
	}
	var exit *ssh.ExitError
	if errors.As(err, &exit) && exit.Signal() == "" {
		return exit.ExitStatus(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("the connection broke off: %w", err)
	}
	return 0, nil
}

// begin has a line begun, within the patience for one operation.
func (c *Conn) begin(ctx context.Context, line string, out io.Writer) (*ssh.Session, error) {
	within := c.within(ctx, c.patience.Operation)
	session, err := c.client.NewSession()
	if err == nil {
		session.Stdout, session.Stderr = out, out
		err = session.Start(line)
	}
	if err = within(err); err != nil {
		return nil, fmt.Errorf("the connection broke off: %w", err)
	}
	return session, nil
}
